/// Why a pattern is refused or a search was given up, and where.
package struct PatternError: Error, Equatable, Sendable {
  package enum Code: String, Sendable {
    case backreference, lookAround, atomicGroup, possessive, unknownGroup
    case unknownEscape, badCodePoint, trailingBackslash
    case unclosedGroup, unopenedGroup, unclosedClass, posixClass, badRange
    case nothingToRepeat, badRepeat, repeatTooLarge
    case badName, duplicateName, tooManyGroups
    case patternTooLong, programTooLarge, nestedTooDeep
    case tooManySteps
  }

  package let code: Code
  /// In bytes of the pattern's UTF-8; for `tooManySteps` of the text that was searched.
  package let offset: Int

  package init(_ code: Code, at offset: Int) {
    self.code = code
    self.offset = offset
  }

  /// The cause and the way out, without the place.
  package var cause: String {
    switch code {
    case .backreference: "back-references are not supported: no engine searches for them in linear time"
    case .lookAround: "look-ahead and look-behind are not supported: capture what surrounds the part instead"
    case .atomicGroup: "atomic groups are not supported, nor needed: this engine never backtracks"
    case .possessive: "possessive quantifiers are not supported, nor needed: this engine never backtracks"
    case .unknownGroup: "unknown kind of group; known are (…), (?:…), (?<name>…), (?P<name>…), (?i), (?i:…)"
    case .unknownEscape: "unknown escape; a backslash itself is written \\\\"
    case .badCodePoint: "expected the hexadecimal digits of a Unicode scalar, as \\x41, \\u00e9 or \\u{1f600}"
    case .trailingBackslash: "a backslash at the end escapes nothing"
    case .unclosedGroup: "a group is never closed; a parenthesis itself is written \\("
    case .unopenedGroup: "a parenthesis closes no group; the sign itself is written \\)"
    case .unclosedClass: "a class is never closed; a bracket itself is written \\["
    case .posixClass: "POSIX classes are not supported; write \\w, \\d, \\s or the ranges"
    case .badRange: "a range in a class must rise from one character to another"
    case .nothingToRepeat: "there is nothing that could be repeated"
    case .badRepeat: "a repeat's lower bound is above its upper one"
    case .repeatTooLarge: "a repeat may count to \(PatternLimits.repeatCount)"
    case .badName: "a group's name is made of letters, digits and _ and begins with no digit"
    case .duplicateName: "two groups have one name"
    case .tooManyGroups: "a pattern may have \(PatternLimits.groups) capturing groups; others are written (?:…)"
    case .patternTooLong: "a pattern may have \(PatternLimits.patternBytes) bytes"
    case .programTooLarge: "the repeats make the pattern too large: use smaller counts, * or +"
    case .nestedTooDeep: "groups may be nested \(PatternLimits.nesting) deep"
    case .tooManySteps: "the search took more steps than it may: make the pattern simpler or the text shorter"
    }
  }
}

extension PatternError: CustomStringConvertible {
  package var description: String { "\(cause) (at byte \(offset))" }
}
