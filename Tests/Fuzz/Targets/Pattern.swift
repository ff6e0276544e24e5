@testable import Pattern

/// A pattern, a NUL, and a text: what is refused is refused at a place inside it, searches stay within their budget,
/// and what they find is what plain backtracking finds.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  let text = Array(bytes.drop { $0 != 0 }.dropFirst())
  let source = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  let pattern: Pattern
  do throws(PatternError) { pattern = try Pattern(source) } catch {
    require((0...source.utf8.count).contains(error.offset), "an error beyond its pattern")
    require(error.code != .tooManySteps && !error.description.isEmpty, "an odd refusal: \(error)")
    return 0
  }
  require(pattern.size <= PatternLimits.programSize, "a program beyond its limit")
  require((try? Pattern(source, sizeLimit: pattern.size)) != nil, "a program's size is not its size")
  require((try? Pattern(source, sizeLimit: pattern.size - 1)) == nil, "a limit that limits nothing")
  if let match = search(pattern, text) { check(match, of: pattern, in: text) }
  checkNaive(pattern, text)
  return 0
}

private let budget = 300_000

/// nil: there is none, or the budget was too small.
private func search(_ pattern: Pattern, _ text: [UInt8]) -> PatternMatch? {
  var stepsLeft = budget
  do throws(PatternError) {
    let match = try pattern.firstMatch(in: text.span, stepsLeft: &stepsLeft)
    require((1..<budget).contains(stepsLeft), "a search that cost \(budget - stepsLeft) of \(budget) steps")
    var again = budget
    let range = try pattern.firstMatch(in: text.span, groups: 0, stepsLeft: &again)?.range
    require(range == match?.range, "without its groups the match is another")
    require(again >= stepsLeft, "without groups a search costs more")
    return match
  } catch {
    require(error.code == .tooManySteps && (0...text.count).contains(error.offset), "an odd failure: \(error)")
    require(stepsLeft <= 0, "a search was given up with \(stepsLeft) steps left")
    // What one scalar may cost: every instruction, its groups' copies, and every class.
    require(stepsLeft > -200 * (PatternLimits.programSize + text.count), "a search went on by \(-stepsLeft) steps")
    return nil
  }
}

private func check(_ match: PatternMatch, of pattern: Pattern, in text: [UInt8]) {
  require(match.groups.count == pattern.groupCount + 1 && match.groups[0] != nil, "a match without its groups")
  for case let group? in match.groups {
    require(0 <= group.lowerBound && group.upperBound <= text.count, "a group outside of the text")
  }
  var stepsLeft = 4 * budget
  do throws(PatternError) {
    let later = try pattern.firstMatch(in: text.span, from: match.range.lowerBound, stepsLeft: &stepsLeft)
    require(later == match, "from where it begins, the match is another")
  } catch { require(error.code == .tooManySteps, "an odd failure: \(error)") }
}

private func checkNaive(_ pattern: Pattern, _ text: [UInt8]) {
  guard pattern.size < 200, text.count < 40, let subject = String(validating: text, as: UTF8.self) else { return }
  let patience = NaiveMatcher.Patience(2000)
  let (node, names) = try! PatternParser.parse(pattern.text)
  let expected = NaiveMatcher(subject, groupCount: names.count - 1, patience: patience).firstMatch(node)
  guard !patience.isOver else { return }
  let found = search(pattern, text)?.groups
  if node.hasNullableLoop {
    // There the order of preference is this engine's own.
    require(found?[0]?.lowerBound == expected?[0]?.lowerBound, "another start: \(found as Any), \(expected as Any)")
  } else {
    require(found == expected, "another match: \(found as Any) and not \(expected as Any)")
  }
}
