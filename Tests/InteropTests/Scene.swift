import Foundation
import Gossip
import HTTP
import Loop
import Testing

/// A cluster of ours and theirs on this machine. When its story fails, what every one of them said is told with the
/// cause: one side's words alone rarely say who was wrong.
final class Scene: Sendable {
  private struct Cast {
    var speakers: [(name: String, text: @Sendable () -> String)] = []
    var endings: [@Sendable () async -> Void] = []
  }

  private static let shownLines = 60

  private let cast = Lock(Cast())
  let folder: URL

  private init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-interop-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Plays a story to its end, and ends whoever is still there.
  static func play(_ story: (Scene) async throws -> Void) async throws {
    if let failure = try await outcome(of: story) { Issue.record("\(failure)") }
  }

  /// - Returns: why the story failed, and what everybody said; nil when all went well.
  static func outcome(of story: (Scene) async throws -> Void) async throws -> String? {
    let scene = try Scene()
    var failure: String?
    do { try await story(scene) } catch { failure = "\(error)\n\(scene.transcript)" }
    for ending in scene.cast.withLock({ $0.endings }) { await ending() }
    try FileManager.default.removeItem(at: scene.folder)
    return failure
  }

  /// A member of ours in this process.
  func ours(
    _ name: String, join: Authority? = nil, key: [UInt8]? = nil, compresses: Bool = false, label: String = ""
  ) async throws -> OurMember {
    let member = try await OurMember.start(
      name, join: join, keyFile: try key.map { try keyFile(name, $0) }, compresses: compresses, label: label)
    add(name, { member.lines.text }) { await member.kill() }
    return member
  }

  /// A whole process of ours.
  func process(
    _ name: String, role: String = "node", join: Authority? = nil, key: [UInt8]? = nil, profile: String = "local"
  ) async throws -> OurProcess {
    var arguments = [role, "--name", name, "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", profile]
    if let join { arguments += ["--join", "\(join)"] }
    if let key { arguments += ["--gossip-key-file", try keyFile(name, key)] }
    if role == "coordinator" { arguments += ["--data", folder.appending(path: name).path] }
    let process = try OurProcess(arguments)
    add(name, { process.errors }) { process.kill9() }
    try await process.becomeReady()
    return process
  }

  /// A real memberlist node.
  func theirs(
    _ name: String, join: Authority? = nil, key: [UInt8]? = nil, at gossip: Authority? = nil, more: [String] = []
  ) async throws -> Peer {
    let peer = try Peer(name, join: join, key: key, at: gossip, more: more)
    add(name, { peer.words }) { peer.kill9() }
    try await peer.waits("is ready") { $0.kind == "ready" }
    return peer
  }

  func add(_ name: String, _ text: @escaping @Sendable () -> String, _ ending: @escaping @Sendable () async -> Void) {
    cast.withLock {
      $0.speakers.append((name, text))
      $0.endings.append(ending)
    }
  }

  func keyFile(_ name: String, _ key: [UInt8]) throws -> String {
    let file = folder.appending(path: "\(name).key").path
    try Data(GossipKey(bytes: key)!.base64.utf8).write(to: URL(filePath: file))
    return file
  }

  private var transcript: String {
    cast.withLock { $0.speakers }.map { name, text in
      let lines = text().split(separator: "\n")
      return "--- \(name)\n" + lines.suffix(Self.shownLines).map { "\($0)\n" }.joined()
    }.joined()
  }
}

/// What a member should have seen or said and did not.
struct Unmet: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Asks again and again until it holds; the wait is patience, never the length of anything that is asserted.
func eventually(_ what: @autoclosure () async -> String, _ holds: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < deadline {
    if try await holds() { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  // In a busy process the wait itself may have been much longer than what was waited for.
  guard try await holds() else { throw Unmet(await what()) }
}
