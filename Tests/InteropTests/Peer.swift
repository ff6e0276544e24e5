import Foundation
import HTTP
import JSON
import Loop

/// One running memberlist node: what it printed, and a way to tell it what to do.
final class Peer: Sendable {
  struct Event: Sendable {
    let json: JSONValue
    var kind: String { json["event"]?.string ?? "" }
    var name: String { json["name"]?.string ?? "" }
  }

  let name: String
  private let process = Process()
  private let input = Pipe()
  private let output = PeerOutput()
  private let log = PeerOutput()

  init(_ name: String, join: Authority?, key: [UInt8]?, at gossip: Authority?, more: [String]) throws {
    self.name = name
    process.executableURL = PeerProgram.binary
    let gossip = gossip ?? Authority(host: "127.0.0.1", port: 0)
    var arguments = ["-name", name, "-bind", gossip.host, "-port", "\(gossip.port)", "-profile", "local", "-verbose"]
    arguments += ["-meta", "from Go"] + more
    if let join { arguments += ["-join", "\(join)"] }
    if let key { arguments += ["-key", Self.hex(key)] }
    process.arguments = arguments
    process.standardOutput = output.pipe
    process.standardInput = input
    process.standardError = log.pipe
    try process.run()
  }

  deinit { kill9() }

  static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  var gossip: Authority {
    let ready = events.first { $0.kind == "ready" }?.json
    return Authority(host: ready?["addr"]?.string ?? "", port: UInt16(ready?["port"]?.int ?? 0))
  }

  var events: [Event] { output.events }

  /// Its events, and the library's own log.
  var words: String {
    // It is asked for its list again and again.
    let told =
      output.events.filter { $0.kind != "members" } + (output.events.last { $0.kind == "members" }.map { [$0] } ?? [])
    return log.text + told.map { "\($0.json.text)\n" }.joined()
  }

  func tell(_ command: String) throws { try input.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8)) }

  func kill9() { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// Waits until it has printed such an event.
  func waits(_ what: String, _ condition: (Event) -> Bool) async throws {
    try await eventually("\(name) \(what): it never said so") { events.contains(where: condition) }
  }

  /// Waits until it lists exactly these members as living.
  func lists(_ names: String...) async throws {
    var last: [String] = []
    try await eventually("\(name) should list \(names); it lists \(last)") {
      try tell("members")
      try await Task.sleep(for: .milliseconds(50))
      let members = events.last { $0.kind == "members" }?.json["members"]?.elements ?? []
      last = members.compactMap { $0["name"]?.string }.sorted()
      return last == names.sorted()
    }
  }

  /// Those that it believes to have died or left.
  var gone: [String] { events.filter { $0.kind == "leave" }.map(\.name) }
}

/// What a process printed to one of its outputs: as text, and those lines that are JSON as events.
final class PeerOutput: Sendable {
  private struct State {
    var text: [UInt8] = []
    var events: [Peer.Event] = []
    var rest: [UInt8] = []
  }

  let pipe = Pipe()
  private let state = Lock(State())

  /// Read by a thread of its own: a handler of Foundation's leaves the descriptor in Dispatch's epoll when a child that
  /// another test starts meanwhile inherits it, and the process crashes.
  init() {
    let (handle, state) = (pipe.fileHandleForReading, state)
    Thread.detachNewThread {
      while case let bytes = handle.availableData, !bytes.isEmpty { Self.append(bytes, to: state) }
    }
  }

  var events: [Peer.Event] { state.withLock { $0.events } }
  var text: String { state.withLock { String(decoding: $0.text, as: UTF8.self) } }

  private static func append(_ bytes: Data, to state: Lock<State>) {
    state.withLock { state in
      state.text += bytes
      state.rest += bytes
      while let end = state.rest.firstIndex(of: 0x0a) {
        if let json = try? JSONValue.parse(Array(state.rest[..<end])) { state.events.append(Peer.Event(json: json)) }
        state.rest.removeSubrange(...end)
      }
    }
  }
}
