internal import Clockwork
internal import JSON
internal import Net

/// What a node says on `/socket`, a message each.
enum SocketAnswer {
  /// One object for one task, a list for a list, in its order.
  static func registered(_ records: [TaskRecord], asList: Bool) -> [UInt8] {
    message("registered") { answer in
      guard asList else { return write(records[0], into: &answer) }
      answer.array { for record in records { write(record, into: &$0) } }
    }
  }

  /// The task as it stands: one that ran is `running` until its own clean-up is done, one that had ended stays as it
  /// was.
  static func cancelled(_ record: TaskRecord) -> [UInt8] {
    message("cancelled") { write(record, into: &$0, withState: true) }
  }

  /// As `GET /tasks/{id}`.
  static func result(_ record: TaskRecord) -> [UInt8] { message("result") { record.write(into: &$0) } }

  /// The members of RFC 9457, and what a header says in HTTP.
  static func refused(_ problem: Problem, submittedID: String?) -> [UInt8] {
    message("error") { answer in
      answer.object { error in
        problem.writeMembers(into: &error)
        error.member("submitted_id", ifPresent: submittedID)
        error.member("retry_after_s", ifPresent: problem.retryAfter)
      }
    }
  }

  private static func message(_ name: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { $0.member(name, body) }
    return writer.bytes
  }

  private static func write(_ record: TaskRecord, into writer: inout JSONWriter, withState: Bool = false) {
    writer.object { object in
      object.member("id", record.id.text)
      object.member("href", record.href)
      object.member("submitted_id", ifPresent: record.name)
      if withState { object.member("state", record.place.stateName.rawValue) }
    }
  }
}
