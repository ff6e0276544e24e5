/// Every bound of a flow in one place.
package enum FlowLimits {
  package static let steps = 1000
  /// Conditions inside conditions, and lists and objects inside what is rendered.
  package static let nesting = 64
  /// What all variables of a flow hold together, answers included; and one rendered value.
  package static let variableBytes = 16 << 20
  /// Of a message that a flow renders.
  package static let messageBytes = 1000
  /// Of all patterns of a flow together, equal ones counted once: instructions after every `{m,n}` was written out,
  /// and ranges of classes. Each takes a dozen bytes.
  package static let patternSize = 100_000
  /// Between two rounds of a poll at least; a poll ends by its time, not by a count of its rounds.
  package static let shortestPause = Duration.milliseconds(10)
  package static let pause = Duration.seconds(1)
  package static let longestWait = Duration.seconds(30 * 86_400)
  /// What a flow may compute in one go, in steps of a pattern's search and bytes rendered, copied or compared. Each
  /// takes 25 ns of a core at the worst that was found: a quarter of a second. A step that needs more fails; a flow
  /// that needs more lets others run between its steps. What is filled in before it runs may take as much once more.
  package static let work = 10_000_000
}
