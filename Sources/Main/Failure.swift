/// Why a command could not do its work, in words for the person in front, and how the program ends then.
struct Failure: Error, Equatable, CustomStringConvertible {
  let status: ExitCode
  /// The cause and the way out; a line, or several where there is a list.
  let text: String

  init(_ text: String, status: ExitCode = .failed) { (self.text, self.status) = (text, status) }

  var description: String { text }
}
