internal import HTTP
internal import JSON

/// Methods and header fields from arguments: what HTTP cannot carry is refused before anything is sent.
enum HTTPFields {
  /// They say how a message is framed, and whether the connection lives on.
  static let areTheClients: Set = ["content-length", "transfer-encoding", "connection"]

  static func method(_ argument: Argument) throws(TaskFailure) -> String {
    let method = try argument.string()
    guard HTTPHeaders.isName(method), method.utf8.count <= 32 else {
      throw argument.refused("must be a method such as GET")
    }
    guard method.uppercased() != "CONNECT" else {
      throw argument.refused("must be one that has an answer; a tunnel to another host is what /proxy makes")
    }
    return method.uppercased()
  }

  /// An object of texts; a list of texts sends the field several times.
  static func read(_ argument: Argument, into headers: inout HTTPHeaders) throws(TaskFailure) {
    for (name, argument) in try argument.members() {
      guard HTTPHeaders.isName(name) else { throw argument.refused("has a name that no header field may have") }
      guard !areTheClients.contains(name.lowercased()) else {
        throw argument.refused("is the client's own affair and cannot be set")
      }
      let values = argument.value.kind == .array ? try argument.elements() : [argument]
      headers.remove(name)
      for value in values { headers.add(name, try text(value)) }
    }
  }

  private static func text(_ argument: Argument) throws(TaskFailure) -> String {
    if argument.value.kind == .number { return argument.value.text }
    let text = try argument.string()
    guard HTTPHeaders.isValue(text) else {
      throw argument.refused("holds a control character, which no header field may")
    }
    return text
  }
}
