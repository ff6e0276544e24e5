/// Answers by what was asked for and by how it went: numbers to count up, and nothing else on a request's way.
struct RequestCounts {
  private static let classes = 1...5

  private let routes: [String]
  private var counts: [Int]

  init(routes: [String]) {
    self.routes = routes
    counts = Array(repeating: 0, count: (routes.count + 1) * Self.classes.count)
  }

  /// - Parameter route: its place among the routes; nil for what none of them is.
  mutating func note(route: Int?, status: Int) {
    let place = (route ?? routes.count) * Self.classes.count + status / 100 - 1
    if counts.indices.contains(place) { counts[place] += 1 }
  }

  /// The usual classes are there from the beginning: a rate does not see what a series begins with.
  func write(into samples: inout MetricsWriter.Samples) {
    for (place, count) in counts.enumerated() {
      let (route, status) = (place / Self.classes.count, place % Self.classes.count + 1)
      guard count > 0 || status == 2 || status >= 4 else { continue }
      samples.sample(count, ["route": route < routes.count ? routes[route] : "other", "status": "\(status)xx"])
    }
  }
}
