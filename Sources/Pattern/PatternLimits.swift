/// What a pattern and a search may cost. A pattern beyond it is refused before anything is searched, a search beyond
/// it is given up: both are errors, never a wait.
package enum PatternLimits {
  /// A pattern's text in UTF-8.
  package static let patternBytes = 4096
  /// The largest number in `{m,n}`.
  package static let repeatCount = 1000
  /// Instructions after every `{m,n}` was written out, and ranges of classes. A search comes at most once for each
  /// scalar to each instruction.
  package static let programSize = 10_000
  /// Groups inside groups.
  package static let nesting = 64
  /// Capturing groups.
  package static let groups = 64
  /// Instructions that one search may run, and what else it does in as many: it makes its memory ready, copies groups,
  /// asks Unicode's tables. The worst pattern that was found takes 25 ns a step, hence a quarter of a second of a core.
  package static let steps = 10_000_000
}
