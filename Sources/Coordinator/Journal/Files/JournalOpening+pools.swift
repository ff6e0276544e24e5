import Batch
import Clockwork

extension JournalOpening {
  /// A pool that cannot be read costs no other; batches that take from it get nothing more.
  ///
  /// - Returns: pools of which neither log says that anybody was told of them.
  func readPools(into contents: inout Contents) -> [UUIDv7] {
    var neverMade: [UUIDv7] = []
    do throws(JournalError) {
      for id in try identifiers(in: folder.pools) {
        do throws(JournalError) {
          if let pool = try readPool(id, &contents) {
            contents.pools.append(pool)
          } else if let why = try promise(ofPool: id) {
            leave(id, why, &contents)
          } else {
            neverMade.append(id)
          }
        } catch {
          contents.unreadable.append(Unreadable(kind: .pool, path: folder.path(ofPool: id), why: error.text))
        }
      }
    } catch {
      contents.unreadable.append(Unreadable(kind: .pool, path: folder.pools, why: error.text))
    }
    return neverMade
  }

  /// Removes pools that nobody was told of: a batch that takes from one proves that somebody was.
  func removePools(_ neverMade: [UUIDv7], _ contents: inout Contents) {
    guard !neverMade.isEmpty else { return }
    var known: Set<UUIDv7> = []
    for batch in contents.batches {
      switch batch.found {
      case .ended(let manifest, _, _): known.formUnion(manifest.joining?.sources.map(\.pool) ?? [])
      case .running(let recovery): known.formUnion(recovery.manifest?.joining?.sources.map(\.pool) ?? [])
      }
    }
    let isSure = contents.unreadable.allSatisfy { $0.kind != .batch }
    for id in neverMade {
      if known.contains(id) {
        leave(id, "items.log says of no pool, and batches take from it", &contents)
      } else if isSure {
        do throws(JournalError) { try folder.remove(id) } catch {
          contents.unreadable.append(Unreadable(kind: .pool, path: folder.path(ofPool: id), why: error.text))
        }
      }
    }
  }

  private func leave(_ id: UUIDv7, _ why: String, _ contents: inout Contents) {
    let wayOut = "put the folder back from a copy and start again, or delete it"
    contents.unreadable.append(Unreadable(kind: .pool, path: folder.path(ofPool: id), why: "\(why); \(wayOut)"))
  }

  /// Nil unless its log of items tells what it is.
  private func readPool(_ id: UUIDv7, _ contents: inout Contents) throws(JournalError) -> FoundPool? {
    var recovery = PoolRecovery()
    let items = JournalLog(batch: id, kind: .items)
    let read = try folder.scan(items) { offset, payload in
      recovery.takeItem(payload, at: offset)
      return true
    }
    guard let read else { return nil }
    recovery.endItems(read.scanner)
    guard recovery.manifest?.id == id else { return nil }
    let end = min(read.end, recovery.promisedEnd)
    try cut(items, at: end, read, &contents)
    var bytes: [JournalLog.Kind: Int] = [.items: end, .uses: 0]
    let uses = JournalLog(batch: id, kind: .uses)
    let found = try folder.scan(uses) { _, payload in
      recovery.takeUse(payload)
      return true
    }
    if let found {
      recovery.endUses(found.scanner)
      try cut(uses, at: found.end, found, &contents)
      bytes[.uses] = found.end
    }
    return FoundPool(recovery: recovery, bytes: bytes)
  }

  /// Why somebody may have been told of a pool though its log does not say so; nil for one that surely nobody was.
  private func promise(ofPool id: UUIDv7) throws(JournalError) -> String? {
    if let damage = try damage(of: JournalLog(batch: id, kind: .items)) { return damage }
    guard let bytes = try folder.byteCount(of: JournalLog(batch: id, kind: .uses)), bytes > 0 else { return nil }
    return "items.log says of no pool, and there are \(bytes) bytes of its uses"
  }
}
