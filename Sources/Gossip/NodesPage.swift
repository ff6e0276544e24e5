import Clockwork
import HTTP
import Loop
import Swim

/// The nodes as a page for people: one file, no script, its own style, fresh every two seconds.
struct NodesPage {
  let report: NodesReport

  func html(_ filter: NodesFilter) -> [UInt8] {
    let totals = report.totals
    let rows = report.members.filter { filter.matches($0) }.map(row).joined()
    let counts = [
      ("alive", totals.alive), ("suspect", totals.suspect), ("dead", totals.dead), ("left", totals.left),
      ("running", totals.running), ("capacity", totals.capacity),
    ]
    let summary = counts.map { "<li><b>\($0.1)</b> \($0.0)</li>" }.joined()
    return Array((Self.head + "<ul>\(summary)</ul><table>\(Self.columns)\(rows)</table></body></html>\n").utf8)
  }

  private func row(_ member: ClusterMember) -> String {
    let load = report.load(of: member)
    let isDraining = member.meta.isDraining || load?.isDraining == true
    let marks = (report.isSlow(member) ? " slow" : "") + (isDraining ? " draining" : "")
    let isAccused = member.state == .suspect || member.state == .dead
    let accusers =
      isAccused && !member.suspectedBy.isEmpty ? " by \(member.suspectedBy.joined(separator: ", "))" : ""
    let problem = member.problem.map { ": \($0)" } ?? ""
    let tags = member.meta.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let cells: [String] = [
      member.name, member.meta.roleName, "\(member.state)\(marks)\(accusers)\(problem)",
      member.meta.http?.description ?? "",
      member.gossip.description, load.map { "\($0.running)" } ?? "", load.map { "\($0.queued)" } ?? "",
      load.map { "\($0.capacity)" } ?? "", load.map { "\($0.done)" } ?? "", load.map { "\($0.failed)" } ?? "",
      load.map { "\($0.ratePerSecond)" } ?? "",
      member.roundTrip.map { "\(NodesReport.rounded($0.inMilliseconds))" } ?? "",
      load.map { "\($0.loopLagMilliseconds)" } ?? "", member.since.rfc3339, tags,
    ]
    return "<tr class=\"\(member.state)\">" + cells.map { "<td>\(Self.escaped($0))</td>" }.joined() + "</tr>\n"
  }

  /// Names and tags are a member's own words.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static let columns =
    "<tr>"
    + [
      "name", "role", "state", "http", "gossip", "running", "queued", "capacity", "done", "failed", "tasks/s", "rtt ms",
      "lag ms", "since", "tags",
    ].map { "<th>\($0)</th>" }.joined() + "</tr>\n"

  private static let head = """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <meta http-equiv="refresh" content="2"><title>Ignareo: nodes</title><style>
    :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
    body { margin: 2rem auto; max-width: 90rem; padding: 0 1rem }
    ul { display: flex; gap: 2rem; list-style: none; padding: 0 } b { font-size: 1.5rem }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
    th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884 }
    .alive td:nth-child(3) { color: #2a8a3e } .suspect td:nth-child(3) { color: #b07800 }
    .dead td:nth-child(3) { color: #c0392b } .left { opacity: .6 }
    </style></head><body><h1>Nodes</h1>

    """
}
