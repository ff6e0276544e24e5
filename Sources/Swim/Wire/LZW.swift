/// memberlist's compression: LZW with 8-bit literals, least significant bit first, codes of 9 to 12
/// bits, 256 clears, 257 ends, no early change of width (as GIF, unlike TIFF).
enum LZW {
  static let clear = 256
  static let end = 257
  static let tableSize = 4096

  /// - Parameter limit: the most bytes to make; more is `.tooLarge`.
  static func expand(_ input: [UInt8], limit: Int) throws(WireError) -> [UInt8] {
    var output: [UInt8] = []
    var codes = CodeReader(input: input)
    var table = Table()
    while true {
      guard let code = codes.next(width: table.width) else { throw WireError(.badCompression, at: input.count) }
      if code == clear {
        table.reset()
      } else if code == end {
        return output
      } else {
        guard table.append(code, to: &output) else { throw WireError(.badCompression, at: codes.place) }
        guard output.count <= limit else { throw WireError(.tooLarge, at: codes.place) }
      }
    }
  }

  private struct CodeReader {
    let input: [UInt8]
    var place = 0
    private var held: UInt32 = 0
    private var heldBits = 0

    init(input: [UInt8]) { self.input = input }

    mutating func next(width: Int) -> Int? {
      while heldBits < width {
        guard place < input.count else { return nil }
        held |= UInt32(input[place]) << UInt32(heldBits)
        heldBits += 8
        place += 1
      }
      defer {
        held >>= UInt32(width)
        heldBits -= width
      }
      return Int(held & (1 << UInt32(width) - 1))
    }
  }

  /// Words as (prefix code, last byte, length). `defined` is one past the last word; it differs from `next` before the
  /// first word and when the table is full.
  private struct Table {
    private(set) var width = 9
    private var next = 257
    private var defined = 258
    private var previous: Int?
    private var prefixes = [UInt16](repeating: 0, count: tableSize)
    private var lasts = [UInt8](repeating: 0, count: tableSize)
    private var lengths = [Int](repeating: 1, count: tableSize)

    init() { for literal in 0..<256 { lasts[literal] = UInt8(literal) } }

    mutating func reset() {
      width = 9
      next = 257
      defined = 258
      previous = nil
    }

    mutating func append(_ code: Int, to output: inout [UInt8]) -> Bool {
      if code < 256 || code < defined {
        if let previous { define(previous, last: first(of: code)) }
      } else if code == next, let previous {
        define(previous, last: first(of: previous))
      } else {
        return false
      }
      write(code, to: &output)
      previous = code
      next += 1
      if next == 1 << width {
        if width == 12 {
          previous = nil
          next -= 1
        } else {
          width += 1
        }
      }
      return true
    }

    private mutating func define(_ prefix: Int, last: UInt8) {
      prefixes[next] = UInt16(prefix)
      lasts[next] = last
      lengths[next] = lengths[prefix] + 1
      defined = next + 1
    }

    private func first(of code: Int) -> UInt8 {
      var code = code
      while code >= 256 { code = Int(prefixes[code]) }
      return UInt8(code)
    }

    private func write(_ code: Int, to output: inout [UInt8]) {
      let length = code < 256 ? 1 : lengths[code]
      output.append(contentsOf: repeatElement(0, count: length))
      var code = code
      var place = output.count - 1
      while code >= 256 {
        output[place] = lasts[code]
        code = Int(prefixes[code])
        place -= 1
      }
      output[place] = UInt8(code)
    }
  }
}
