import Foundation

/// The targets that Package.swift declares and their arrows, read from its text.
struct Manifest: Equatable {
  /// A program is one like a user's, outside Sources; what is shared is of use to tests alone.
  enum Kind { case system, product, program, shared, test }

  struct Target: Equatable {
    let name: String
    let kind: Kind
    let arrows: [String]
    /// Where its files lie.
    let folder: String
    /// The line of Package.swift that declares it.
    let line: Int
  }

  let targets: [Target]

  func target(_ name: String) -> Target? { targets.first { $0.name == name } }

  /// The target that a file belongs to: `Sources/Net/Server/HTTPServer.swift` to `Net`.
  func target(of file: TreeFile) -> Target? { targets.first { file.path.hasPrefix($0.folder + "/") } }

  init(_ text: String) {
    let code = SourceText(text).code.joined(separator: "\n")
    // Comments are blank in `code` and stand at the same offsets, so an opening found there is no comment's.
    let (all, shape) = (Array(text.utf8), Array(code.utf8))
    var found: [Target] = []
    for (opening, kind) in Self.openings {
      for start in Self.places(of: Array(opening.utf8), in: shape) {
        let end = Self.closing(from: start, in: shape)
        let call = String(decoding: all[start..<end], as: UTF8.self)
        let names = Self.literals(call)
        guard let name = names.first else { continue }
        let line = 1 + all[..<start].count { $0 == UInt8(ascii: "\n") }
        let full = kind == .test ? name + "Tests" : name
        let folder =
          switch kind {
          case .program: names.count > 1 ? names[1] : ""
          case .shared, .test: "Tests/\(full)"
          case .system, .product: "Sources/\(name)"
          }
        found.append(
          Target(
            name: full, kind: kind, arrows: kind == .system ? [] : Self.arrows(call), folder: folder, line: line))
      }
    }
    targets = found.sorted { $0.line < $1.line }
  }

  private static let openings: [(String, Kind)] = [
    (".systemLibrary(name: ", .system), ("target(\"", .product), (".executableTarget(", .product),
    ("program(\"", .program), ("sharedByTests(\"", .shared), ("tests(", .test),
  ]

  private static func places(of needle: [UInt8], in bytes: [UInt8]) -> [Int] {
    guard bytes.count >= needle.count else { return [] }
    return (0...(bytes.count - needle.count)).filter { bytes[$0..<($0 + needle.count)].elementsEqual(needle) }
  }

  /// The offset of the parenthesis that closes the call, counted in text without strings and comments.
  private static func closing(from start: Int, in shape: [UInt8]) -> Int {
    var depth = 0
    for place in start..<shape.count {
      if shape[place] == UInt8(ascii: "(") { depth += 1 }
      guard shape[place] == UInt8(ascii: ")") else { continue }
      depth -= 1
      if depth == 0 { return place }
    }
    return shape.count
  }

  /// The strings in the first square brackets of a target's declaration.
  private static func arrows(_ call: String) -> [String] {
    guard let open = call.firstIndex(of: "["), let close = call[open...].firstIndex(of: "]") else { return [] }
    return literals(String(call[open...close]))
  }

  private static func literals(_ text: String) -> [String] {
    text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
  }
}
