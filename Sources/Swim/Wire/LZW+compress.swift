extension LZW {
  /// The bytes that Go's `compress/lzw` makes of the same input: a clear first, another one whenever the table is full,
  /// the end, and zeros up to the next byte.
  static func compress(_ input: [UInt8]) -> [UInt8] {
    var codes = CodeWriter()
    var words = WordTable()
    codes.write(clear, width: words.width)
    var rest = input[...]
    guard let first = rest.popFirst() else {
      codes.write(end, width: words.width)
      return codes.finish()
    }
    var word = Int(first)
    for byte in rest {
      if let longer = words[word, byte] {
        word = longer
        continue
      }
      codes.write(word, width: words.width)
      if words.takeCode() {
        words[word, byte] = words.newest
      } else {
        codes.write(clear, width: widest)
        words.reset()
      }
      word = Int(byte)
    }
    codes.write(word, width: words.width)
    if !words.takeCode() {
      codes.write(clear, width: widest)
      words.reset()
    }
    codes.write(end, width: words.width)
    return codes.finish()
  }

  private static let widest = 12

  /// Codes one after another, the least significant bit first.
  private struct CodeWriter {
    private var bytes: [UInt8] = []
    private var held: UInt32 = 0
    private var heldBits = 0

    mutating func write(_ code: Int, width: Int) {
      held |= UInt32(code) << UInt32(heldBits)
      heldBits += width
      while heldBits >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: held))
        held >>= 8
        heldBits -= 8
      }
    }

    mutating func finish() -> [UInt8] {
      if heldBits > 0 { bytes.append(UInt8(truncatingIfNeeded: held)) }
      return bytes
    }
  }

  /// The codes of words by (code of the word without its last byte, last byte): a hash table with open places, a
  /// quarter full at most. An entry is 20 bits of key and 12 of code; no word has code 0.
  private struct WordTable {
    private static let places = 1 << 14
    private var entries = [UInt32](repeating: 0, count: places)
    private(set) var width = 9
    private(set) var newest = end

    /// Counts one more code, and widens the codes that follow where that needs it. False when there is none left.
    mutating func takeCode() -> Bool {
      newest += 1
      if newest == 1 << width { width += 1 }
      return newest < tableSize - 1
    }

    mutating func reset() {
      entries = [UInt32](repeating: 0, count: Self.places)
      width = 9
      newest = end
    }

    subscript(prefix: Int, last: UInt8) -> Int? {
      get {
        let entry = entries[place(of: prefix, last)]
        return entry == 0 ? nil : Int(entry & 0xfff)
      }
      set { entries[place(of: prefix, last)] = key(prefix, last) << 12 | UInt32(newValue ?? 0) }
    }

    private func key(_ prefix: Int, _ last: UInt8) -> UInt32 { UInt32(prefix) << 8 | UInt32(last) }

    /// Where the word is, or where it would be.
    private func place(of prefix: Int, _ last: UInt8) -> Int {
      let key = key(prefix, last)
      var place = Int((key >> 12 ^ key) & UInt32(Self.places - 1))
      while entries[place] != 0, entries[place] >> 12 != key { place = (place + 1) & (Self.places - 1) }
      return place
    }
  }
}
