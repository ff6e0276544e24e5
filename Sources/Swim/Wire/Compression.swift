/// memberlist's compressed message: its type, then a map that names the algorithm (0 is LZW, and the only one there is)
/// and holds the compressed bytes of one whole message.
package enum Compression {
  /// The message compressed, or as it is where that makes it no shorter. Whoever receives either reads both.
  package static func shorten(_ message: [UInt8]) -> [UInt8] {
    let compressed = encode(message)
    return compressed.count < message.count ? compressed : message
  }

  static func encode(_ message: [UInt8]) -> [UInt8] {
    var writer = MessagePackWriter()
    writer.bytes.append(MessageType.compress.rawValue)
    writer.map(2)
    writer.key("Algo")
    writer.unsigned(0)
    writer.key("Buf")
    writer.raw(LZW.compress(message))
    return writer.bytes
  }
}
