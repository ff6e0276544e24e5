import Foundation

/// The real memberlist node in `Tests/Interop/memberlist-peer`, built with Go against Debian's library.
enum PeerProgram {
  static let missing = "go or Debian's golang-github-hashicorp-memberlist-dev is missing: Tests/run installs both"

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let folder = root.appending(path: ".build/interop")
  /// One that was built against another memberlist, to run all of this against it.
  private static let given = ProcessInfo.processInfo.environment["IGNAREO_MEMBERLIST_PEER"]
  static let binary = given.map { URL(filePath: $0) } ?? folder.appending(path: "memberlist-peer")

  /// Builds it; about 20 seconds the first time. False when what that takes is not installed.
  static func build() async throws -> Bool {
    if given != nil { return true }
    let library = "/usr/share/gocode/src/github.com/hashicorp/memberlist"
    guard let go = find("go"), FileManager.default.fileExists(atPath: library) else { return false }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = go
    process.arguments = ["build", "-o", binary.path(percentEncoded: false), "peer.go"]
    process.currentDirectoryURL = root.appending(path: "Tests/Interop/memberlist-peer")
    let settings = [
      "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "",
      "GOCACHE": folder.appending(path: "go-cache").path(percentEncoded: false),
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
    let status = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    guard status == 0 else { throw PeerError(text: "go build of the memberlist peer exited with \(status)") }
    return true
  }

  /// Labels came with memberlist 0.3; Debian's is older.
  static func knowsLabels() async throws -> Bool {
    guard try await build() else { return false }
    let failure = try await Scene.outcome { scene in
      let peer = try Peer("p", join: nil, key: nil, at: nil, more: ["-label", "blue"])
      scene.add("p", { peer.words }) { peer.kill9() }
      try await eventually("it says neither that it is ready nor why not") { !peer.events.isEmpty }
      guard peer.events.allSatisfy({ $0.kind != "fatal" }) else { throw Unmet("it knows no labels") }
    }
    return failure == nil
  }

  private static func find(_ name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
    return path.split(separator: ":").map { URL(filePath: "\($0)/\(name)") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) }
  }
}

struct PeerError: Error, CustomStringConvertible {
  let text: String
  var description: String { text }
}
