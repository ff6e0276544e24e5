/// What the reader of JSON refuses, so that a hostile text costs neither the stack nor the process.
package enum JSONLimits {
  /// Arrays and objects that may be open at once. A task's arguments travel inside an envelope of up to three more, so
  /// what is written is read again with room to spare.
  package static let depth = 256
}
