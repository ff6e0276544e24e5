import HTTP
import Net

/// Reads the parameters of a request's target; each says what it wants to whoever sends something else.
struct RequestQuery {
  private let query: Query

  init(_ exchange: HTTPExchange) { query = exchange.request.query }

  var items: [Query.Item] { query.items }

  subscript(name: String) -> String? { query[name] }

  /// `?follow=true`, or the name alone.
  func flag(_ name: String) throws(Problem) -> Bool {
    switch query[name] {
    case nil, "false", "0": return false
    case "", "true", "1": return true
    case let other?: throw .badParameter(name, other, "true or false")
    }
  }

  func whole(_ name: String, in range: ClosedRange<Int>, otherwise: Int) throws(Problem) -> Int {
    guard let text = query[name] else { return otherwise }
    guard let number = Int(text), range.contains(number) else {
      let most = range.upperBound == .max ? "" : " to \(range.upperBound)"
      throw .badParameter(name, text, "a whole number from \(range.lowerBound)\(most)")
    }
    return number
  }

  func choice(_ name: String, of words: [String]) throws(Problem) -> String? {
    guard let text = query[name] else { return nil }
    guard words.contains(text) else { throw .badParameter(name, text, "one of \(words.joined(separator: ", "))") }
    return text
  }
}
