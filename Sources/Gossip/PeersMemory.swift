import Clockwork
import Loop

/// Remembers the other members on disk, the living ones above all: `PeersFile` is written anew a moment after each
/// change.
///
/// Without a file that can be used a member starts all the same and says that it will not find its cluster again by
/// itself. Guarded by: the loop's thread; each entry asserts it.
final class PeersMemory: @unchecked Sendable {
  private let loop: EventLoop
  private let log: Log
  private var file: PeersFile?
  private var peers: [String: RememberedPeer] = [:]
  private var alive: Set<String> = []
  private var isDirty = false
  private var isSaving = false
  private var timer: LoopTimer?
  /// Saves that failed; the last of them is tried again by `timer` where `retries`.
  private var failures = 0
  private var retries = false
  private var complained: Instant?

  /// Reads at once: a start waits for it anyway.
  init(folder: String, on loop: EventLoop, log: Log) {
    loop.assertCurrent()
    (self.loop, self.log) = (loop, log)
    var file: PeersFile?
    do throws(PeersFileError) {
      let opened = try PeersFile.open(folder: folder)
      file = opened
      let (remembered, badLines) = try opened.read()
      for peer in remembered { peers[peer.name] = peer }
      if badLines > 0 {
        log.warning(
          "peers_damaged",
          ["lines": "\(badLines)", "folder": folder, "way_out": "the others are used; the file is soon written anew"])
      }
    } catch {
      // What cannot be read is not written over either.
      file?.close()
      file = nil
      log.warning(
        "peers_not_remembered",
        [
          "cause": error.text,
          "way_out": "until that is mended, a restart finds the cluster through --join or through the others",
        ])
    }
    self.file = file
  }

  /// Whom to ask for the cluster, those who were last alive first.
  var addresses: [SocketAddress] {
    loop.assertCurrent()
    return newest.map(\.address)
  }

  func note(_ change: MemberChange, _ member: ClusterMember) {
    loop.assertCurrent()
    guard file != nil, PeersFile.canHold(member.name) else { return }
    switch change {
    case .joined, .updated, .refuted:
      let isNews = peers[member.name]?.address != member.gossip
      alive.insert(member.name)
      peers[member.name] = RememberedPeer(name: member.name, address: member.gossip, lastAlive: now)
      boundPeers()
      guard isNews else { return }
    case .died:
      alive.remove(member.name)
      peers[member.name]?.lastAlive = now
    case .left:
      // It said good-bye, and another program may soon have its address.
      alive.remove(member.name)
      peers[member.name] = nil
    case .suspected, .forgotten: return
    }
    isDirty = true
    planSaving(after: GossipLimits.peersSaveDelay)
  }

  /// Returns when what is known is on disk, or could not be written.
  func save() async {
    loop.assertCurrent()
    cancelTimer()
    guard isDirty, !isSaving, let file else { return }
    (isDirty, isSaving) = (false, true)
    let list = newest
    let failure: String?
    do throws(LoopError) {
      failure = try await BlockingCall.run("peers", on: loop) {
        do throws(PeersFileError) { try file.write(list) } catch { return error.text }
        return nil
      }
    } catch {
      failure = "\(error)"
    }
    isSaving = false
    if let failure {
      (isDirty, retries) = (true, true)
      failures += 1
      complain(failure)
    }
    if isDirty { planSaving(after: failure == nil ? GossipLimits.peersSaveDelay : GossipLimits.complaintInterval) }
  }

  /// Returns when nothing is left to be saved, or the disk refuses it or has had its time: whoever leaves is not kept
  /// by it.
  func settle() async {
    loop.assertCurrent()
    let deadline = loop.now + GossipLimits.peersSettle
    let before = failures
    while isDirty || isSaving, file != nil, failures == before, loop.now < deadline {
      if !isSaving { loop.spawn { [self] in await save() } }
      do { try await loop.sleep(for: .milliseconds(5)) } catch { return }
    }
  }

  func close() {
    loop.assertCurrent()
    cancelTimer()
    file?.close()
    // Its descriptor's number may be somebody else's by now.
    file = nil
  }

  private var now: Int64 { WallClock.now.milliseconds / 1000 }

  private var newest: [RememberedPeer] {
    let sorted = peers.values.sorted {
      let (left, right) = (alive.contains($0.name), alive.contains($1.name))
      return left != right ? left : ($0.lastAlive, $1.name) > ($1.lastAlive, $0.name)
    }
    return Array(sorted.prefix(GossipLimits.peersRemembered))
  }

  /// Many more are held than are written, so that those written are good ones.
  private func boundPeers() {
    guard peers.count > GossipLimits.peersHeld else { return }
    for peer in peers.values.filter({ !alive.contains($0.name) }) { peers[peer.name] = nil }
    while peers.count > GossipLimits.peersHeld, let name = peers.keys.first {
      peers[name] = nil
      alive.remove(name)
    }
  }

  /// What is new is not kept waiting by what is tried again.
  private func planSaving(after delay: Duration) {
    if retries, delay < GossipLimits.complaintInterval { cancelTimer() }
    guard timer == nil, !isSaving, file != nil else { return }
    timer = loop.schedule(after: delay) { [weak self] in
      guard let self else { return }
      timer = nil
      loop.spawn { [self] in await save() }
    }
  }

  private func cancelTimer() {
    timer?.cancel()
    (timer, retries) = (nil, false)
  }

  private func complain(_ cause: String) {
    if let complained, loop.now - complained < GossipLimits.complaintInterval { return }
    complained = loop.now
    log.warning("peers_not_saved", ["cause": cause, "way_out": "free the disk; it is tried again every minute"])
  }
}
