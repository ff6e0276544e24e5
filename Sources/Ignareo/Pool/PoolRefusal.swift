/// Why a node takes no more tasks just now. Nothing was taken.
package enum PoolRefusal: Error, Equatable {
  case draining
  case full(capacity: Int, room: Int, tasks: Int)
  case heavy(bytes: Int)

  /// When asking again makes sense.
  package var retryAfterSeconds: Int {
    switch self {
    case .draining: 10
    case .full, .heavy: 1
    }
  }

  package var text: String {
    switch self {
    case .draining: "this node is draining and takes no new tasks; send them to another one"
    case .full(let capacity, let room, let tasks):
      "this node runs \(capacity) tasks at once and queues as many again; it has room for \(room), not for \(tasks): "
        + "send fewer, wait, or give a batch to the coordinator"
    case .heavy(let bytes):
      "the tasks that wait or run here hold \(bytes) bytes already, more than fits beside these; wait for them"
    }
  }
}
