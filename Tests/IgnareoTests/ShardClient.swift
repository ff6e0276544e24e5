import Clockwork
import Contract
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// One shard's exchange, as a coordinator holds it.
final class Shard: @unchecked Sendable {
  // Guarded by: the loop's thread.
  let id: String
  private(set) var status: Int?
  /// Behind how many lines the answer begins, where it is not as it was asked for.
  private(set) var start: Int?
  private(set) var lines: [JSONValue] = []
  private(set) var end: Result<HTTPClientTiming, HTTPClientError>?
  private var rest: [UInt8] = []
  private(set) var transfer: HTTPTransfer!

  /// Hands a shard over.
  convenience init(_ node: NodeBench, _ tasks: [String], query: String = "&batch=b&coordinator=c&epoch=1") {
    let id = WallClock.newIdentifier().text
    var request = HTTPClientRequest(node.url + "/shards?id=\(id)\(query)", method: "POST")
    request.headers.add("Content-Type", "application/x-ndjson")
    request.body = .bytes(Array(tasks.joined(separator: "\n").utf8))
    self.init(node, id, request)
  }

  /// Takes up a shard that the node has.
  convenience init(again id: String, _ node: NodeBench, after: Int, epoch: Int = 1) {
    let query = "after=\(after)&coordinator=c&epoch=\(epoch)"
    self.init(node, id, HTTPClientRequest(node.url + "/shards/\(id)?\(query)"))
  }

  private init(_ node: NodeBench, _ id: String, _ request: HTTPClientRequest) {
    self.id = id
    var request = request
    request.timeout = .seconds(60)
    transfer = node.client.start(
      request,
      onHead: { [self] in
        status = $0.status
        start = $0.headers["Ignareo-After"].flatMap { Int($0) }
      },
      onBody: { [self] bytes in
        rest += bytes
        while let place = rest.firstIndex(of: 0x0a) {
          #expect(node.described.faults(of: Array(rest[..<place]), as: "ShardLine") == [])
          if let line = try? JSONValue.parse(rest[..<place]) { lines.append(line) }
          rest.removeFirst(place + 1)
        }
      }, onEnd: { [self] in end = $0 })
  }

  /// The line of a task, once it is there.
  subscript(index: Int) -> JSONValue? { lines.first { $0["index"]?.int == index } }
  var isComplete: Bool { lines.last?["end"]?.bool == true }
  /// Of the results, in the order in which they came.
  var indexes: [Int] { lines.compactMap { $0["index"]?.int } }
}
