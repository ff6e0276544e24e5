import Batch

extension EndedBatch {
  static func record(_ callback: CallbackState) -> [UInt8] {
    var record = RecordWriter()
    JournalRecord.called(callback.bytes[...]).write(into: &record)
    return record.bytes
  }
}
