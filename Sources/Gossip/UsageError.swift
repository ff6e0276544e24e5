/// A command line or an environment that cannot be meant: one line that says which flag and why.
package struct UsageError: Error, Equatable, CustomStringConvertible {
  /// What a program exits with after printing `text` to standard error.
  package static let exitStatus: Int32 = 2

  package let text: String

  package init(_ text: String) { self.text = text }

  /// `flag --join: why`, or `IGNAREO_JOIN: why` for what came from the environment.
  package init(origin: String, why: String) { text = "\(origin): \(why)" }

  package var description: String { text }
}
