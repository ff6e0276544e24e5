import Net

extension Problem {
  static let unreadable = Problem(
    status: 503, code: "busy", title: "The journal cannot be read now",
    detail: "The coordinator's disk did not give what it holds, its log says why; nothing is known to be lost, ask "
      + "again in a moment.", retryAfter: 1)
}
