import Foundation
import JSON
import Testing

@Suite("Keys of a running cluster of processes", .timeLimit(.minutes(5))) struct KeyRotationTests {
  /// A node with a key file of its own.
  private struct Member {
    let name: String
    let file: String
    let program: Program
    let ready: JSONValue

    var gossip: String { ready["gossip"]?.string ?? "" }
    var url: String { "http://" + (ready["http"]?.string ?? "") }
  }

  private let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-rotation-\(UUID())")

  /// - Parameter key: what its key file begins with; nil leaves the file as it is.
  private func start(
    _ role: String, _ name: String, key: String?, at gossip: String = "127.0.0.1:0", join: [Member] = []
  ) async throws -> Member {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "\(name).key").path
    if let key { try Data("\(key)\n".utf8).write(to: URL(filePath: file)) }
    let program = try Program(
      [
        role, "--name", name, "--http", "127.0.0.1:0", "--gossip", gossip, "--profile", "local",
        "--gossip-key-file", file,
      ] + join.flatMap { ["--join", $0.gossip] })
    return Member(
      name: name, file: file, program: program, ready: try JSONValue.parse(try await program.firstLine()))
  }

  private func run(_ arguments: [String], input: String = "") async throws -> (status: Int32, program: Program) {
    let program = try Program(arguments, input: input)
    return (try await program.exitStatus(), program)
  }

  private func keygen() async throws -> String {
    let (status, program) = try await run(["keygen"])
    #expect(status == 0)
    return program.outputLines[0]
  }

  private func listed(_ member: Member) async throws -> [String: String] {
    let (_, program) = try await run(["nodes", "--json", "--coordinator", member.url])
    let nodes = try JSONValue.parse(program.output)["nodes"]?.elements ?? []
    return Dictionary(uniqueKeysWithValues: nodes.map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") })
  }

  private func meet(_ members: [Member]) async throws {
    let all = Dictionary(uniqueKeysWithValues: members.map { ($0.name, "alive") })
    for member in members {
      let met = try await Program.wait { try await listed(member) == all }
      let seen = try await listed(member)
      #expect(met, "\(member.name) sees \(seen); \(member.program.errors)")
    }
  }

  private func holds(_ member: Member, _ keys: [String]) throws {
    let text = try String(contentsOfFile: member.file, encoding: .utf8)
    #expect(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init) == keys)
  }

  @Test("the key is rotated through any member while all live, each key file follows, and a restart has the new key")
  func rotation() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let (old, new) = (try await keygen(), try await keygen())
    let first = try await start("coordinator", "c", key: old)
    var members = [first]
    for name in ["n1", "n2"] { members.append(try await start("node", name, key: old, join: [first])) }
    try await meet(members)
    // The orders go to a node, not only to the coordinator; the new key comes from standard input.
    func keys(_ words: [String], input: String = "") async throws -> JSONValue {
      let (status, program) = try await run(
        ["keys"] + words + ["--json", "--coordinator", members[1].url, "--gossip-key-file", members[2].file],
        input: input)
      #expect(status == 0, "\(words): \(program.output)\(program.errors)")
      return try JSONValue.parse(program.output)
    }
    let installed = try await keys(["install", "-"], input: new + "\n")
    let fingerprints = installed["keys"]?.elements?.compactMap { $0["fingerprint"]?.string } ?? []
    #expect(fingerprints.count == 2 && installed["members"]?.elements?.count == 3)
    for member in members { try holds(member, [old, new]) }
    _ = try await keys(["use", fingerprints[1]])
    for member in members { try holds(member, [new, old]) }
    let (status, refused) = try await run([
      "keys", "remove", fingerprints[1], "--coordinator", first.url, "--gossip-key-file", first.file,
    ])
    #expect(status == 1 && refused.errors.contains("use another one first"), "\(refused.errors)")
    _ = try await keys(["remove", fingerprints[0]])
    for member in members { try holds(member, [new]) }
    try await meet(members)
    // A crash and a restart from the file that the member has written.
    members[2].program.send(SIGKILL)
    try await members[2].program.exitStatus()
    members[2] = try await start("node", "n2", key: nil, at: members[2].gossip, join: [first])
    try await meet(members)
    for member in members {
      // Nobody but the one that was killed was ever suspected, while the keys changed or later.
      let suspected = member.program.errors.split(separator: "\n").filter { $0.contains("member_suspected") }
      #expect(suspected.allSatisfy { $0.contains("name=n2") }, "\(suspected)")
      for key in [old, new] { #expect(!member.program.errors.contains(key)) }
      member.program.send(SIGTERM)
      #expect(try await member.program.exitStatus() == 0)
    }
  }

  @Test("a cluster in the clear says so, and a key of another cluster is refused, without showing any key")
  func refusals() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let plain = try Program(["node", "--name", "p", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0"])
    let url = "http://" + (try JSONValue.parse(try await plain.firstLine())["http"]?.string ?? "")
    let (status, listing) = try await run(["keys", "list", "--coordinator", url])
    #expect(status == 1 && listing.errors.contains("--gossip-key-file"), "\(listing.errors)")
    plain.send(SIGTERM)
    try await plain.exitStatus()

    let (key, stranger) = (try await keygen(), try await keygen())
    let member = try await start("node", "n", key: key)
    let foreign = folder.appending(path: "foreign.key").path
    try Data(stranger.utf8).write(to: URL(filePath: foreign))
    let (refusal, refused) = try await run([
      "keys", "install", stranger, "--coordinator", member.url, "--gossip-key-file", foreign,
    ])
    #expect(refusal == 1 && refused.errors.contains("keys list"), "\(refused.errors)")
    for text in [refused.errors, refused.output, member.program.errors] {
      for secret in [key, stranger] { #expect(!text.contains(secret)) }
    }
    try holds(member, [key])
    member.program.send(SIGTERM)
    #expect(try await member.program.exitStatus() == 0)
  }

  @Test("a key that was given as a word is not in the process list while the cluster is asked")
  func processList() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = try await keygen()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "held.key").path
    try Data(key.utf8).write(to: URL(filePath: file))
    let silent = try SilentServer()
    let program = try Program([
      "keys", "install", key, "--coordinator", "http://127.0.0.1:\(silent.port)", "--gossip-key-file", file,
    ])
    let came = try await Program.wait { silent.hasCaller }
    #expect(came, "\(program.errors)")
    let words = try String(contentsOfFile: "/proc/\(program.pid)/cmdline", encoding: .utf8)
    #expect(words.contains("install") && !words.contains(key))
    program.send(SIGKILL)
    try await program.exitStatus()
  }
}

/// Takes connections and never says a word.
private final class SilentServer {
  private let descriptor: Int32
  let port: UInt16

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    try #require(listening, "no port to listen at: \(errno)")
  }

  deinit { close(descriptor) }

  /// Whether somebody has connected; the connection stays in the queue.
  var hasCaller: Bool {
    var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&interest, 1, 0) == 1
  }
}
