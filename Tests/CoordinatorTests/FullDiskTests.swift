import Batch
import Glibc
import HTTP
import JSON
import Loop
import Testing

@testable import Coordinator

@Suite(.serialized, .timeLimit(.minutes(2))) struct FullDiskTests {
  @Test(
    "a full disk refuses new batches, pauses the running one, shows nothing that is not kept, and loses nothing",
    .enabled(if: SmallDisk.refusal == nil, "\(SmallDisk.refusal ?? "")"))
  func full() async throws {
    let disk = try SmallDisk()
    defer { disk.remove() }
    let path = try await TestCoordinator.run(in: disk.path) { coordinator in
      let node = try coordinator.node("n1", capacity: 10) { $0.begin() }
      let task = #"{"task":"echo","args":"\#(String(repeating: "x", count: 1_000))"}"#
      let path = try await coordinator.submit("[\(Array(repeating: task, count: 40).joined(separator: ","))]")
      try await coordinator.until { node.begun.count == 10 }

      disk.fill()
      let refused = try await coordinator.send("POST", "/batches", body: "{\"tasks\":[\(task)]}")
      #expect(refused.status == 507 && refused.headers["Retry-After"] != nil, "\(refused.text)")
      let first = node.shards
      for shard in first { shard.completeAll() }
      try await coordinator.until { coordinator.service.dispatcher.taskTotals.running == 0 }
      let paused = try await coordinator.get(path).json
      #expect(paused["detail"]?.string?.contains("disk") == true && paused["state"]?.string == "running", "\(paused)")
      // The disk is tried again and again meanwhile.
      try await coordinator.loop.sleep(for: JournalLimits.retryInterval * 2)
      #expect(node.begun.count == 10, "something was sent though its result could not be kept")
      #expect(try await coordinator.get("\(path)/results").body.isEmpty, "a result was shown that is not kept")

      disk.empty()
      var completed = first.count
      try await coordinator.until {
        for shard in node.shards[completed...] { shard.completeAll() }
        completed = node.shards.count
        return node.begun.count == 40
      }
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 40 && done["retried"]?.int == 0, "\(done)")
      let results = try await coordinator.get("\(path)/results").lines
      #expect(results.compactMap { $0["seq"]?.int } == Array(1...40))
      #expect(Set(results.compactMap { $0["index"]?.int }) == Set(0..<40))
      _ = try await coordinator.submit("[\(task)]")
      return path
    }
    try await TestCoordinator.run(in: disk.path) { coordinator in
      let document = try await coordinator.get(path).json
      #expect(document["ok"]?.int == 40 && document["damaged"] == nil, "\(document)")
      #expect(try await coordinator.get("/batches").json["batches"]?.elements?.count == 2)
    }
  }
}

/// A file system a little larger than what a journal leaves free, which a test can fill.
private struct SmallDisk {
  private let folder = TemporaryFolder()
  private static let filler = "filler"

  var path: String { "\(folder.path)/data" }

  /// Why there can be none; nil where there can.
  static let refusal: String? = {
    guard geteuid() == 0 else { return "mounting a small disk needs root" }
    do throws(Failure) {
      try SmallDisk().remove()
      return nil
    } catch {
      return "a small disk cannot be mounted here: errno \(error.errno)"
    }
  }()

  struct Failure: Error { let errno: Int32 }

  init() throws(Failure) {
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(JournalLimits.spareBytes + (8 << 20))") == 0 else {
      let reason = errno
      folder.remove()
      throw Failure(errno: reason)
    }
  }

  func remove() {
    umount2(folder.path, Int32(MNT_DETACH))
    folder.remove()
  }

  /// Takes every byte that is left.
  func fill() {
    let file = open("\(folder.path)/\(Self.filler)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(file) }
    let bytes = [UInt8](repeating: 0, count: 64 << 10)
    while write(file, bytes, bytes.count) > 0 {}  // Less and less, down to the last byte.
  }

  func empty() { unlink("\(folder.path)/\(Self.filler)") }
}
