internal import JSON

/// Which statuses of an answer are a success: `"<400"`, `200`, `"200-299"`, or a list of such.
struct ExpectedStatus: Sendable, Equatable {
  private var ranges: [ClosedRange<Int>]

  static let belowErrors = ExpectedStatus(ranges: [0...399])

  private init(ranges: [ClosedRange<Int>]) { self.ranges = ranges }

  init(_ argument: Argument) throws(TaskFailure) {
    guard argument.value.kind == .array else {
      ranges = [try Self.range(argument)]
      return
    }
    ranges = []
    for element in try argument.elements() { ranges.append(try Self.range(element)) }
    guard !ranges.isEmpty else { throw argument.refused("must not be empty: no answer could ever be right") }
  }

  func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }

  var text: String {
    ranges.map { range in
      switch (range.lowerBound, range.upperBound) {
      case (0, let high): "<\(high + 1)"
      case (let low, 999): ">=\(low)"
      case (let low, let high): low == high ? "\(low)" : "\(low)-\(high)"
      }
    }.joined(separator: ", ")
  }

  private static func range(_ argument: Argument) throws(TaskFailure) -> ClosedRange<Int> {
    if argument.value.kind == .number {
      let status = try argument.integer(in: 100...999)
      return status...status
    }
    guard let text = argument.value.string, let range = parse(text) else {
      throw argument.refused("must be a status such as 200, \"<400\", \"200-299\", or a list of them")
    }
    return range
  }

  private static func parse(_ text: String) -> ClosedRange<Int>? {
    func status(_ text: some StringProtocol) -> Int? { Int(text).flatMap { (100...999).contains($0) ? $0 : nil } }
    if text.hasPrefix("<=") { return status(text.dropFirst(2)).map { 0...$0 } }
    if text.hasPrefix("<") { return status(text.dropFirst()).map { 0...($0 - 1) } }
    if text.hasPrefix(">=") { return status(text.dropFirst(2)).map { $0...999 } }
    if text.hasPrefix(">") { return status(text.dropFirst()).flatMap { $0 < 999 ? ($0 + 1)...999 : nil } }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    if ends.count == 2, let low = status(ends[0]), let high = status(ends[1]), low <= high { return low...high }
    return status(text).map { $0...$0 }
  }
}
