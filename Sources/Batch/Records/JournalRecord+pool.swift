/// The records of a pool's log.
extension JournalRecord {
  func writeOfPool(into writer: inout RecordWriter) {
    switch self {
    case .pool(let manifest): writer.record(.pool) { $0.raw(manifest) }
    case .item(let number, let bytes):
      writer.record(.item) {
        $0.uint32(number)
        $0.raw(bytes)
      }
    case .itemsAccepted(let total, let addition):
      writer.record(.itemsAccepted) {
        $0.uint32(UInt32(total))
        $0.raw(addition)
      }
    case .poolClosed: writer.record(.poolClosed) { _ in }
    case .itemsSettled(let settlements):
      writer.record(.itemsSettled) {
        $0.uint32(UInt32(settlements.count))
        for settlement in settlements { settlement.write(into: &$0) }
      }
    default: preconditionFailure("no record of a pool: \(self)")
    }
  }
}
