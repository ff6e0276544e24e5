import Foundation
import HTTP
import JSON
import Loop
import Testing

/// One running memberlist node: what it printed, and a way to tell it what to do.
final class Peer: Sendable {
  struct Event: Sendable {
    let json: JSONValue
    var kind: String { json["event"]?.string ?? "" }
    var name: String { json["name"]?.string ?? "" }
  }

  let name: String
  private let process: Process
  private let input = Pipe()
  private let output: PeerOutput

  private init(_ name: String, _ process: Process, _ output: PeerOutput) {
    (self.name, self.process, self.output) = (name, process, output)
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  static func start(_ name: String, join: Authority? = nil, key: [UInt8]? = nil) async throws -> Peer {
    let process = Process()
    process.executableURL = PeerProgram.binary
    var arguments = ["-name", name, "-bind", "127.0.0.1", "-port", "0", "-profile", "local", "-meta", "from Go"]
    if let join { arguments += ["-join", "\(join)"] }
    if let key { arguments += ["-key", key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()] }
    process.arguments = arguments
    let peer = Peer(name, process, PeerOutput())
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = peer.input
    process.standardError = FileHandle.nullDevice
    pipe.fileHandleForReading.readabilityHandler = { [output = peer.output] handle in
      let bytes = handle.availableData
      if bytes.isEmpty { handle.readabilityHandler = nil } else { output.append(bytes) }
    }
    try process.run()
    try await peer.waits("is ready") { $0.kind == "ready" }
    return peer
  }

  var gossip: Authority {
    let port = output.events.first { $0.kind == "ready" }?.json["port"]?.int ?? 0
    return Authority(host: "127.0.0.1", port: UInt16(port))
  }

  func tell(_ command: String) throws { try input.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8)) }

  func kill9() { kill(process.processIdentifier, SIGKILL) }

  /// Waits until it has printed such an event.
  func waits(_ what: String, _ condition: (Event) -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !output.events.contains(where: condition) {
      guard ContinuousClock.now < deadline else {
        Issue.record("\(name) \(what); it printed \(output.events.map(\.json.text))")
        return
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Waits until it lists exactly these members as living.
  func lists(_ names: String...) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      try tell("members")
      try await Task.sleep(for: .milliseconds(50))
      let last = output.events.last { $0.kind == "members" }?.json["members"]?.elements ?? []
      if last.compactMap({ $0["name"]?.string }).sorted() == names.sorted() { return }
      guard ContinuousClock.now < deadline else {
        Issue.record("\(name) should list \(names); it printed \(output.events.map(\.json.text))")
        return
      }
    }
  }
}

/// What a peer printed, as events.
private final class PeerOutput: Sendable {
  private struct State {
    var events: [Peer.Event] = []
    var rest: [UInt8] = []
  }

  private let state = Lock(State())

  var events: [Peer.Event] { state.withLock { $0.events } }

  func append(_ bytes: Data) {
    state.withLock { state in
      state.rest += bytes
      while let end = state.rest.firstIndex(of: 0x0a) {
        if let json = try? JSONValue.parse(Array(state.rest[..<end])) { state.events.append(Peer.Event(json: json)) }
        state.rest.removeSubrange(...end)
      }
    }
  }
}
