/// Answers requests. Called on the server's loop as soon as a request's head is there; must not block.
package protocol HTTPHandler: AnyObject, Sendable {
  /// Every exchange must be answered at some time: `respond`, or `startStream` and `finish`.
  func handle(_ exchange: HTTPExchange)
  /// What answers are counted by, such as `/tasks/{id}`; an exchange's `route` is a place in it.
  var routes: [String] { get }
}

extension HTTPHandler {
  package var routes: [String] { [] }
}
