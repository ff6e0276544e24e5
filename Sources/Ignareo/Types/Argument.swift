internal import Clockwork
package import JSON

/// One argument of a task under the pointer where it stands: reads it as what it should be, or says what it is instead.
package struct Argument {
  package let value: JSONValue
  /// RFC 6901, from the arguments' root, which is the empty pointer.
  package let pointer: String

  package init(_ value: JSONValue, at pointer: String = "") {
    self.value = value
    self.pointer = pointer
  }

  package func string() throws(TaskFailure) -> String {
    guard let text = value.string else { throw refused("must be a string") }
    return text
  }

  package func bool() throws(TaskFailure) -> Bool {
    guard let truth = value.bool else { throw refused("must be true or false") }
    return truth
  }

  package func integer(in range: ClosedRange<Int>) throws(TaskFailure) -> Int {
    guard let number = value.int, range.contains(number) else {
      throw refused("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number of seconds, fractions allowed.
  package func seconds(upTo longest: Duration, allowingZero: Bool = false) throws(TaskFailure) -> Duration {
    guard let seconds = value.double, seconds <= longest.inSeconds, allowingZero ? seconds >= 0 : seconds > 0 else {
      let least = allowingZero ? "from 0" : "above 0 and"
      throw refused("must be a number of seconds \(least) up to \(Int(longest.inSeconds))")
    }
    return Duration(secondsClamped: seconds)
  }

  /// The members of an object, in order. A name that comes twice is refused: which one was meant?
  ///
  /// - Parameter subject: what the root is called in a message.
  package func members(
    called subject: String = "the arguments"
  ) throws(TaskFailure) -> [(name: String, argument: Argument)] {
    guard let members = value.members else {
      throw TaskFailure(
        .badArguments, "\(pointer.isEmpty ? subject : pointer) must be an object", pointer: pointer)
    }
    var found: [(name: String, argument: Argument)] = []
    var names: Set<String> = []
    for member in members {
      let name = member.key.string
      let argument = Argument(member.value, at: "\(pointer)\(JSONPointer(tokens: [name]))")
      guard names.insert(name).inserted else { throw argument.refused("stands here twice") }
      found.append((name, argument))
    }
    return found
  }

  package func elements() throws(TaskFailure) -> [Argument] {
    guard let elements = value.elements else { throw refused("must be a list") }
    return elements.enumerated().map { Argument($1, at: "\(pointer)/\($0)") }
  }

  package func refused(_ why: String) -> TaskFailure {
    TaskFailure(.badArguments, "\(pointer.isEmpty ? "the arguments" : pointer) \(why)", pointer: pointer)
  }

  package func unknown(among names: [String]) -> TaskFailure {
    refused("is not known here; known: \(names.joined(separator: ", "))")
  }
}
