import JSON

/// The log `ended`: who the batch is and how it ended, and in a record of its own what became of its callback.
package enum EndedBatch {
  package static func record(_ manifest: BatchManifest, _ outcome: BatchOutcome) -> [UInt8] {
    var writer = JSONWriter()
    writer.object {
      manifest.write(into: &$0)
      $0.object("outcome") { outcome.write(into: &$0) }
    }
    var record = RecordWriter()
    JournalRecord.ended(writer.bytes[...]).write(into: &record)
    return record.bytes
  }

  package static func parse(_ bytes: ArraySlice<UInt8>) -> (BatchManifest, BatchOutcome)? {
    guard let json = try? JSONValue.parse(bytes), let manifest = BatchManifest(json),
      let outcome = json["outcome"].flatMap({ BatchOutcome($0) })
    else { return nil }
    return (manifest, outcome)
  }
}
