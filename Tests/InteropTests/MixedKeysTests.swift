import Foundation
import Gossip
import HTTP
import JSON
import Swim
import Testing

@Suite(
  "Keys of a mixed cluster",
  .enabled(Comment(rawValue: PeerProgram.missing)) { try await PeerProgram.build() }, .timeLimit(.minutes(5)))
struct MixedKeysTests {
  private let old: [UInt8] = Array(0..<16)
  private let new: [UInt8] = Array(100..<132)

  init() { Endurance.shared.begin() }

  @Test("a key rotates through members of ours and theirs, and none is lost on its way")
  func rotation() async throws {
    try await Scene.play { scene in
      let theirs = try await scene.theirs("theirs", key: old)
      let first = try await scene.process("o1", join: theirs.gossip, key: old)
      let second = try await scene.process("o2", join: theirs.gossip, key: old)
      try await theirs.lists("o1", "o2", "theirs")
      let newFile = try scene.keyFile("new", new)
      let fingerprints = [old, new].map { GossipKey(bytes: $0)!.fingerprint.text }
      func keys(_ words: [String]) async throws -> Int32 {
        let command = try await OurProcess.command(
          ["keys"] + words
            + ["--coordinator", "http://\(first.http)", "--gossip-key-file", try scene.keyFile("old", old)])
        return command.status
      }
      // Ours first, then theirs with its own means: all can read both keys before anybody uses the new one.
      try await expect(0, try await keys(["install", newFile]), "install")
      try await tell(theirs, "installkey", new)
      try await expect(1, try await keys(["use", fingerprints[1]]), "use, while nobody knows what theirs holds")
      try await expect(0, try await keys(["use", fingerprints[1], "--force"]), "use")
      try await tell(theirs, "usekey", new)
      try await theirs.lists("o1", "o2", "theirs")
      let last = try await OurProcess.command([
        "keys", "remove", fingerprints[0], "--force", "--coordinator", "http://\(second.http)", "--gossip-key-file",
        newFile,
      ])
      try await expect(0, last.status, "remove: \(last.errors)")
      try await tell(theirs, "removekey", old)
      // Whoever comes now has the new key only, and meets everybody.
      let newcomer = try await scene.ours("late", join: theirs.gossip, key: new)
      for name in ["o1", "o2", "theirs"] { try await newcomer.sees(name, .alive) }
      try await theirs.lists("late", "o1", "o2", "theirs")
      guard theirs.gone.isEmpty else { throw Unmet("theirs lost \(theirs.gone) on the way") }
    }
  }

  private func tell(_ peer: Peer, _ command: String, _ key: [UInt8]) async throws {
    try peer.tell("\(command) \(Peer.hex(key))")
    try await peer.waits("obeys \(command)") { $0.kind == "keys" && $0.json["text"]?.string == command }
  }

  private func expect(_ expected: Int32, _ status: Int32, _ what: String) async throws {
    guard status == expected else { throw Unmet("\(what): exit status \(status), not \(expected)") }
  }
}
