import Clockwork
import Foundation
import JSON
import Loop
import Testing

@Suite("Kill -9 at random moments", .serialized, .timeLimit(.minutes(5))) struct TortureTests {
  static let rounds = 20
  static let tasks = 6_000

  @Test("twenty kills of coordinator and nodes: nothing is lost, nothing that must not repeat repeats")
  func kills() async throws {
    let seed = UInt64.random(in: 1...UInt64.max)
    try await Ledger.open(delay: .milliseconds(30)) { ledger in
      try await Crew.run(on: ledger.loop, nodes: 3, nodeFlags: ["--capacity", "40"]) { crew in
        var random = SplitMix64(seed: seed)
        let url = ledger.url
        let path = try await crew.submit(
          (0..<Self.tasks).map { index in
            // PUT may be made again (RFC 9110, section 9.2.2), POST may not.
            let method = index % 2 == 0 ? "PUT" : "POST"
            return #"{"task":"http","args":{"url":"\#(url)/\#(index)","method":"\#(method)","want":["status"]}}"# + "\n"
          }.joined())
        var seen = Seen()
        var kills = (coordinator: 0, nodes: 0)
        for _ in 0..<Self.rounds {
          try await ledger.loop.sleep(for: .milliseconds(Int.random(in: 50...600, using: &random)))
          await seen.read(crew, path)
          let victim = Bool.random(using: &random) ? Crew.coordinator : Int.random(in: 1...3, using: &random)
          try await crew.kill(victim)
          if victim == Crew.coordinator { kills.coordinator += 1 } else { kills.nodes += 1 }
          try await ledger.loop.sleep(for: .milliseconds(Int.random(in: 0...400, using: &random)))
          try await crew.startAgain(victim)
        }
        var last: JSONValue?
        let isDone = try await Program.wait {
          last = await crew.json(path)
          return last?["state"]?.string == "done"
        }
        try #require(isDone, "seed \(seed): the batch does not end: \(last?.text ?? "no answer")")
        await seen.read(crew, path)
        let (counts, effects) = (ledger.counts, ledger.total)
        let verdict = Verdict(seen.results, counts)
        print(
          "torture: seed \(seed), \(kills.coordinator) kills of the coordinator, \(kills.nodes) of nodes; "
            + "\(Self.tasks) tasks, \(effects) effects, \(verdict)")
        #expect(seen.changed.isEmpty, "seed \(seed): what a reader saw is not there any more: \(seen.changed)")
        #expect(verdict.problems.isEmpty, "seed \(seed): \(verdict.problems.prefix(10))")
        #expect(last?["total"]?.int == Self.tasks)
      }
    }
  }

  /// The results that a reader has seen, by `seq`.
  struct Seen {
    private(set) var results: [Int: String] = [:]
    private(set) var changed: [Int] = []

    /// Reads all of them once more: what was there must be there still.
    mutating func read(_ crew: Crew, _ path: String) async {
      guard let bytes = await crew.ask("\(path)/results") else { return }
      var lines: [Int: String] = [:]
      for line in bytes.split(separator: 0x0a) {
        let text = String(decoding: line, as: UTF8.self)
        if let seq = (try? JSONValue.parse(text))?["seq"]?.int { lines[seq] = text }
      }
      changed += results.filter { lines[$0.key] != $0.value }.map(\.key)
      results.merge(lines) { old, _ in old }
    }
  }

  /// What results and effects say together.
  struct Verdict: CustomStringConvertible {
    private(set) var problems: [String] = []
    private var byStatus: [String: Int] = [:]
    private var twice = 0

    init(_ results: [Int: String], _ effects: [Int: Int]) {
      var ended: Set<Int> = []
      for (_, text) in results {
        guard let result = try? JSONValue.parse(text), let index = result["index"]?.int else { continue }
        if !ended.insert(index).inserted { problems.append("task \(index) has two results") }
        let status = result["status"]?.string ?? "none"
        byStatus[status, default: 0] += 1
        let count = effects[index] ?? 0
        let isRepeatable = index % 2 == 0
        if isRepeatable {
          if count > 1 { twice += 1 }
          if status != "ok" || count == 0 { problems.append("PUT \(index): \(count) effects, \(text)") }
        } else {
          if count > 1 { problems.append("POST \(index): \(count) effects") }
          if status == "ok", count != 1 { problems.append("POST \(index) is ok with \(count) effects") }
          if status != "ok", status != "unknown" { problems.append("POST \(index): \(text)") }
        }
      }
      for index in 0..<TortureTests.tasks where !ended.contains(index) {
        problems.append("task \(index) has no result")
      }
    }

    var description: String {
      let statuses = byStatus.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      return "results: \(statuses.joined(separator: ", ")); \(twice) repeatable tasks acted more than once"
    }
  }
}
