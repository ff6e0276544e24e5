import Foundation
import HTTP
import JSON
import Loop
import Net
import Testing

/// A cluster whose members run on machines of their own, and a ledger outside of what a test breaks.
///
/// Guarded by: one test's task, on the loop of its ledger.
final class Lab: @unchecked Sendable {
  let network: Network
  let ledger: Ledger
  private let folder: URL
  private let client: HTTPClient
  private let coordinators: [String]
  private let nodes: [String: [String]]
  private var programs: [String: Program] = [:]

  /// Brings one up in which each member sees all, hands it to `body`, and ends it whatever happens.
  ///
  /// - Parameters:
  ///   - nodes: their own flags, by name.
  ///   - others: machines with no member.
  static func run(
    coordinators: [String] = ["c"], nodes: [String: [String]], others: [String] = [],
    _ body: @escaping @Sendable (Lab) async throws -> Void
  ) async throws {
    try await Network.run(coordinators + nodes.keys.sorted() + others) { network in
      try await Ledger.open(delay: .zero, host: network.outside) { ledger in
        let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-lab-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let lab = Lab(network, ledger, folder, coordinators, nodes)
        defer { lab.client.close() }
        do {
          for name in lab.members { try await lab.start(name) }
          for name in lab.members { try await lab.wait(at: name, for: lab.allAlive) }
          for name in coordinators { try await lab.waitForLoads(at: name) }
          try await body(lab)
        } catch {
          try await lab.end()
          throw error
        }
        try await lab.end()
      }
    }
  }

  private init(
    _ network: Network, _ ledger: Ledger, _ folder: URL, _ coordinators: [String], _ nodes: [String: [String]]
  ) {
    (self.network, self.ledger, self.folder) = (network, ledger, folder)
    (self.coordinators, self.nodes) = (coordinators, nodes)
    client = HTTPClient(loop: ledger.loop)
  }

  // MARK: Members

  /// The coordinators first.
  var members: [String] { coordinators + nodes.keys.sorted() }

  var allAlive: [String: String] { Dictionary(uniqueKeysWithValues: members.map { ($0, "alive") }) }

  /// Returns once it says that it is ready.
  func start(_ name: String) async throws {
    let host = network[name]
    let join = name == coordinators[0] ? [] : ["--join", "\(network[coordinators[0]].address):7946"]
    // Every machine has all ports to itself.
    let program = try Program(
      [nodes[name] == nil ? "coordinator" : "node", "--name", name, "--profile", "local"]
        + ["--http", "0.0.0.0:55555", "--gossip", "0.0.0.0:7946", "--advertise", host.address]
        + join + (nodes[name] ?? []),
      on: host, environment: nodes[name] == nil ? ["IGNAREO_DATA": path("data-\(name)")] : [:])
    programs[name] = program
    _ = try await program.firstLine()
  }

  func kill(_ name: String) async throws {
    programs[name]?.send(SIGKILL)
    try await programs[name]?.exitStatus()
  }

  private func end() async throws { for name in programs.keys { try await kill(name) } }

  /// What other machines dial.
  func url(of name: String) -> String { "http://\(network[name].address):55555" }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// What a member has logged.
  func log(of name: String) -> String { programs[name]?.errors ?? "" }

  // MARK: What members say

  /// Nil where there is no such answer.
  func json(_ path: String, at name: String) async -> JSONValue? {
    await ask(path, at: name).flatMap { try? JSONValue.parse($0) }
  }

  private func ask(_ path: String, at name: String) async -> [UInt8]? {
    let url = "http://\(network[name].control):55555\(path)"
    guard let answer = try? await client.fetch(HTTPClientRequest(url)) else { return nil }
    return answer.status == 200 ? answer.body : nil
  }

  /// The states of all members by name, as one of them sees them.
  func states(at name: String) async -> [String: String] {
    let listed = await json("/nodes", at: name)?["nodes"]?.elements ?? []
    return Dictionary(uniqueKeysWithValues: listed.map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") })
  }

  /// Waits until one of them sees these members so.
  func wait(at name: String, for wanted: [String: String]) async throws {
    var seen: [String: String] = [:]
    let came = try await Program.wait {
      seen = await states(at: name)
      return wanted.allSatisfy { seen[$0.key] == $0.value }
    }
    try #require(came, "\(name) wants \(wanted) and sees \(seen); it said: \(log(of: name))")
  }

  /// Waits until a coordinator has heard from each node how much it can take: a batch that comes before goes to those
  /// alone that it has heard from.
  private func waitForLoads(at name: String) async throws {
    try await wait("the nodes' capacity") {
      let listed = await json("/nodes?role=node", at: name)?["nodes"]?.elements ?? []
      return listed.count == nodes.count && listed.allSatisfy { ($0["capacity"]?.int ?? 0) > 0 }
    }
  }

  func wait(_ what: String, until holds: () async -> Bool) async throws {
    let came = try await Program.wait(until: holds)
    try #require(came, "\(what): it did not come; the coordinator said: \(log(of: coordinators[0]))")
  }

  // MARK: Batches

  /// Requests to the ledger, each with its number: the even ones may be made again (RFC 9110, section 9.2.2: PUT), the
  /// odd ones not (POST).
  func requests(_ numbers: Range<Int>) -> String {
    numbers.map { number in
      let method = number % 2 == 0 ? "PUT" : "POST"
      return #"{"task":"http","args":{"url":"\#(ledger.url)/\#(number)","method":"\#(method)","want":["status"]}}"#
        + "\n"
    }.joined()
  }

  /// Submits lines of tasks; gives the batch's path.
  func submit(_ lines: String, at name: String = "c") async throws -> String {
    let request = HTTPClientRequest(
      "http://\(network[name].control):55555/batches", method: "POST",
      headers: ["Content-Type": "application/x-ndjson"], body: .bytes(Array(lines.utf8)))
    let answer = try await client.fetch(request)
    let text = String(decoding: answer.body, as: UTF8.self)
    try #require(answer.status == 202, "\(text)")
    return "/batches/\(try #require(try JSONValue.parse(text)["id"]?.string))"
  }

  func results(_ path: String, at name: String = "c") async throws -> Results {
    try Results(try #require(await ask("\(path)/results", at: name)))
  }

  /// Waits for a batch's end, and gives its results.
  func end(of path: String, at name: String = "c") async throws -> Results {
    try await wait("the end of \(path)") { await json(path, at: name)?["state"]?.string == "done" }
    return try await results(path, at: name)
  }

  /// Which of these numbers a machine has asked the ledger about.
  func asked(_ numbers: Range<Int>, by name: String) -> [Int] {
    numbers.filter { ledger.callers[$0]?.contains(network[name].control) == true }
  }
}

/// A batch's results, by index.
struct Results: Equatable {
  private(set) var byIndex: [Int: JSONValue] = [:]
  /// How many there are, two of one index counted twice.
  let count: Int

  init(_ bytes: [UInt8]) throws {
    let values = try bytes.split(separator: 0x0a).map { try JSONValue.parse(Array($0)) }
    count = values.count
    for value in values { byIndex[value["index"]?.int ?? -1] = value }
  }

  func status(_ index: Int) -> String? { byIndex[index]?["status"]?.string }
  func node(_ index: Int) -> String? { byIndex[index]?["node"]?.string }
  var nodes: Set<String> { Set(byIndex.values.compactMap { $0["node"]?.string }) }
  var areOK: Bool { byIndex.values.allSatisfy { $0["status"]?.string == "ok" } }

  /// Whether each of so many indices has one result and no index has two.
  func isWhole(_ total: Int) -> Bool { count == total && Set(byIndex.keys) == Set(0..<total) }
}
