/// Why a flow is refused before its first request.
package struct FlowRefusal: Error, Equatable, Sendable {
  /// RFC 6901, from the flow's arguments: the step at fault, or `/vars`, `/return`, or nothing for the whole.
  package let pointer: String
  /// Begins with the pointer of the very field at fault.
  package let message: String

  package init(pointer: String, message: String) {
    (self.pointer, self.message) = (pointer, message)
  }
}
