/// Reads one side of a stream as its bytes come in, in any pieces.
///
/// A plain stream has no length in front: it is read until its one message is whole. An encrypted one is handed out as
/// the header and the frame; what the cipher makes of it goes through `decode(decrypted:)`.
package struct StreamDecoder: Sendable {
  package enum Event: Sendable, Equatable {
    /// The opener's label header; comes first, and only if `readsLabel`.
    case label([UInt8])
    /// `header` is the 5 bytes that are authenticated with `frame`, an `EncryptionFrame`.
    case encrypted(header: [UInt8], frame: [UInt8])
    /// Comes before its message.
    case skipped(SkippedMembers)
    case message(StreamMessage)
  }

  private enum State: Sendable {
    case atLabel
    case atMessage
    case inMessage(MessageProgress)
    /// Read; what was left out of it is told first.
    case read(StreamMessage)
    case ended
  }

  private var state: State
  private var bytes: [UInt8] = []

  /// - Parameter readsLabel: true where somebody else opened the stream; an answer has no label header.
  package init(readsLabel: Bool) { state = readsLabel ? .atLabel : .atMessage }

  /// Memory held for what has come so far: the bytes, and the members read from them.
  package var heldBytes: Int {
    switch state {
    case .inMessage(let progress): return bytes.count + progress.memberBytes
    case .atLabel, .atMessage, .read, .ended: return bytes.count
    }
  }

  package mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// The next event, or nil until more bytes come. After a message or a frame nothing follows: later bytes are ignored.
  package mutating func next() throws(WireError) -> Event? {
    guard bytes.count <= Swim.Limits.streamBytes else { throw WireError(.tooLarge, at: bytes.count) }
    if case .atLabel = state, let event = try readLabel() { return event }
    if case .atMessage = state {
      guard let type = bytes.first else { return nil }
      if type == MessageType.encrypt.rawValue { return try readFrame() }
      state = .inMessage(MessageProgress())
    }
    if case .read(let message) = state {
      state = .ended
      return .message(message)
    }
    guard case .inMessage(var progress) = state else { return nil }
    state = .ended
    do throws(WireError) {
      let message = try progress.read(bytes)
      guard let skipped = progress.skipped else { return .message(message) }
      state = .read(message)
      return .skipped(skipped)
    } catch {
      guard error.code == .truncated, !progress.isExpanded else { throw error }
      state = .inMessage(progress)
      return nil
    }
  }

  /// What a frame held: a message, compressed or not.
  package static func decode(
    decrypted bytes: [UInt8]
  ) throws(WireError) -> (message: StreamMessage, skipped: SkippedMembers?) {
    var progress = MessageProgress()
    let message = try progress.read(bytes)
    return (message, progress.skipped)
  }

  private mutating func readLabel() throws(WireError) -> Event? {
    guard let first = bytes.first else { return nil }
    guard first == MessageType.label.rawValue else {
      state = .atMessage
      return nil
    }
    do throws(WireError) {
      let (label, rest) = try LabelHeader.split(bytes[...])
      state = .atMessage
      bytes = Array(rest)
      return .label(Array(label))
    } catch {
      guard error.code == .truncated else { throw error }
      return nil
    }
  }

  private mutating func readFrame() throws(WireError) -> Event? {
    let header = EncryptionFrame.streamHeaderBytes
    guard bytes.count >= header else { return nil }
    let length = bytes[1..<header].reduce(0) { $0 << 8 | Int($1) }
    guard length <= Swim.Limits.streamBytesEncrypted else { throw WireError(.tooLarge, at: 1) }
    guard length >= EncryptionFrame.overheadBytes else { throw WireError(.badLength, at: 1) }
    guard bytes.count >= header + length else { return nil }
    state = .ended
    return .encrypted(header: Array(bytes[..<header]), frame: Array(bytes[header..<header + length]))
  }
}

/// Members of a push-pull that were left out, each for saying what no member can be: one odd entry, which some program
/// let in, is not to keep two sides apart.
package struct SkippedMembers: Sendable, Equatable {
  package private(set) var count = 1
  /// What was wrong with the first.
  package let first: WireError

  init(first: WireError) { self.first = first }

  fileprivate mutating func add() { count += 1 }
}

/// How far a message has been read, so that a long list of members is not read again with each piece that comes.
private struct MessageProgress: Sendable {
  private struct Members: Sendable {
    var isJoin = false
    var count = 0
    var userBytes = 0
    var states: [PushPull.State] = []
    var skipped: SkippedMembers?

    var readCount: Int { states.count + (skipped?.count ?? 0) }
  }

  private var position = 0
  private var members: Members?
  private(set) var isExpanded = false

  var skipped: SkippedMembers? { members?.skipped }

  init() {}

  /// The list has room for twice its members at most; each name and meta may be a piece of memory of its own, which
  /// the bytes they were read from stand for.
  var memberBytes: Int { (members?.states.count ?? 0) * 2 * MemoryLayout<PushPull.State>.stride }

  mutating func read(_ bytes: [UInt8]) throws(WireError) -> StreamMessage {
    if members != nil { return try readMembers(bytes) }
    guard let first = bytes.first else { throw WireError(.truncated, at: 0) }
    guard let type = MessageType(rawValue: first) else { throw WireError(.unknownType(first), at: 0) }
    var reader = MessagePackReader(bytes, from: 1)
    switch type {
    case .ping: return .ping(try reader.ping())
    case .ack: return .ack(try reader.ack())
    case .user: return .user(try reader.userMessage())
    case .error: return .error(try reader.errorText())
    case .pushPull:
      members = try readHeader(&reader)
      position = reader.position
      return try readMembers(bytes)
    case .compress:
      guard !isExpanded else { throw WireError(.tooDeep, at: 0) }
      let plain = try reader.expansion(limit: Swim.Limits.streamBytesExpanded)
      isExpanded = true
      return try read(plain)
    case .indirectPing, .nack, .suspect, .alive, .dead, .compound, .encrypt, .checksum, .label:
      throw WireError(.misplacedType(first), at: 0)
    }
  }

  private func readHeader(_ reader: inout MessagePackReader) throws(WireError) -> Members {
    var header = Members()
    try reader.fields(["Nodes", "UserStateLen", "Join"]) { (reader, field) throws(WireError) in
      switch field {
      case 0: header.count = try reader.count(upTo: Swim.Limits.pushPullStates)
      case 1: header.userBytes = try reader.count(upTo: Swim.Limits.userBytes)
      default: header.isJoin = try reader.bool()
      }
    }
    return header
  }

  private mutating func readMembers(_ bytes: [UInt8]) throws(WireError) -> StreamMessage {
    while let count = members?.count, let read = members?.readCount, read < count {
      var reader = MessagePackReader(bytes, from: position)
      switch try reader.pushPullState() {
      case .success(let state): members?.states.append(state)
      case .failure(let error):
        if members?.skipped == nil { members?.skipped = SkippedMembers(first: error) } else { members?.skipped?.add() }
      }
      position = reader.position
    }
    guard let members else { preconditionFailure("members are read before their header") }
    var reader = MessagePackReader(bytes, from: position)
    let userState = try reader.trailing(members.userBytes)
    return .pushPull(PushPull(isJoin: members.isJoin, states: members.states, userState: userState))
  }
}

extension MessagePackReader {
  fileprivate mutating func userMessage() throws(WireError) -> [UInt8] {
    var count = 0
    try fields(["UserMsgLen"]) { (reader, _) throws(WireError) in
      count = try reader.count(upTo: Swim.Limits.userBytes)
    }
    return try trailing(count)
  }

  fileprivate mutating func errorText() throws(WireError) -> String {
    var text = ""
    try fields(["Error"]) { (reader, _) throws(WireError) in text = try reader.text() }
    return text
  }
}
