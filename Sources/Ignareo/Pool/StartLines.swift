internal import Loop

/// Whose tasks wait together for their start: those of one shard, or those that were registered with this node itself.
final class StartLine: Sendable {
  /// The coordinator's name; none for the node itself.
  let sender: String?

  init(sender: String?) { self.sender = sender }
}

/// What waits for its start, in one line for each shard.
///
/// Senders take turns, so that no coordinator waits until another one's queue is empty. Of one sender a line that is
/// new goes ahead once, by a few, and what is left of it stands behind the others: so a small batch's shard does not
/// wait for a large one's, and a large one's results do not come in dribs and drabs. That is FQ-CoDel's scheduling (RFC
/// 8290, section 4.2) with tasks for bytes; here a line that is old gets every second turn, so that new ones cannot
/// hold it up for ever.
struct StartLines<Element> {
  private final class Line {
    let id: StartLine
    var elements = FIFO<Element>()

    init(_ id: StartLine) { self.id = id }
  }

  private final class Sender {
    let name: String?
    var new = FIFO<Line>()
    var old = FIFO<Line>()
    /// The line whose turn it is, and for how many more.
    var present: Line?
    var left = 0
    var wasNew = false

    init(_ name: String?) { self.name = name }

    var isEmpty: Bool { present == nil && new.isEmpty && old.isEmpty }
  }

  /// Those with something that waits; the first one's turn it is.
  private var senders = FIFO<Sender>()
  private var byName: [String?: Sender] = [:]
  private var lines: [ObjectIdentifier: Line] = [:]
  /// What was added last stands in it: most of what comes next does, too.
  private var latest: Line?
  private var left = 0
  private(set) var count = 0

  init() {}

  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element, to id: StartLine) {
    count += 1
    if let latest, latest.id === id { return latest.elements.append(element) }
    let line = lines[ObjectIdentifier(id)] ?? open(id)
    line.elements.append(element)
    latest = line
  }

  private mutating func open(_ id: StartLine) -> Line {
    let line = Line(id)
    lines[ObjectIdentifier(id)] = line
    if let sender = byName[id.sender] {
      sender.new.append(line)
    } else {
      let sender = Sender(id.sender)
      byName[id.sender] = sender
      sender.new.append(line)
      senders.append(sender)
    }
    return line
  }

  mutating func popFirst() -> Element? {
    guard let sender = senders.first else { return nil }
    let line = line(of: sender)
    guard let element = line.elements.popFirst() else { preconditionFailure("an empty line waits") }
    count -= 1
    sender.left -= 1
    if line.elements.isEmpty {
      close(line)
      sender.present = nil
    } else if sender.left == 0 {
      sender.old.append(line)
      sender.present = nil
    }
    passTurn(sender)
    return element
  }

  private mutating func line(of sender: Sender) -> Line {
    if let line = sender.present { return line }
    sender.wasNew = sender.old.isEmpty || !sender.wasNew && !sender.new.isEmpty
    guard let line = sender.wasNew ? sender.new.popFirst() : sender.old.popFirst() else {
      preconditionFailure("a sender without a line waits")
    }
    sender.present = line
    sender.left = sender.wasNew ? Limits.startsOfNewLine : Limits.startsOfLine
    return line
  }

  private mutating func passTurn(_ sender: Sender) {
    left = left == 0 ? Limits.startsOfSender - 1 : left - 1
    guard left == 0 || sender.isEmpty else { return }
    left = 0
    _ = senders.popFirst()
    if sender.isEmpty { byName[sender.name] = nil } else { senders.append(sender) }
  }

  private mutating func close(_ line: Line) {
    lines[ObjectIdentifier(line.id)] = nil
    if latest === line { latest = nil }
  }

  /// Takes out what need not start any more.
  mutating func removeAll(where isUnwanted: (Element) -> Bool) {
    var kept: [(Element, StartLine)] = []
    while let line = senders.first.map({ self.line(of: $0).id }), let element = popFirst() {
      if !isUnwanted(element) { kept.append((element, line)) }
    }
    for (element, line) in kept { append(element, to: line) }
  }
}
