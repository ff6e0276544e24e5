import Ignareo

/// A program of one's own on the library: a node with a task type that watches a shop until goods are on sale and then
/// orders them, once for each customer.
///
///     swift run -c release MonitorExample
///     curl -X POST 'http://127.0.0.1:55568/tasks?wait=600' -H 'Content-Type: application/json' -d '
///       {"task":"monitor","args":{"shop":"http://shop.example","sku":"42","customers":["ann","bob"],"for_s":600}}'
///
/// With `--join` it is part of a cluster, which sends it such tasks from batches; `--help` lists its flags.
@main enum Program {
  static func main() async throws {
    var tasks = TaskTypes.builtIn
    tasks.register(
      // Not repeatable: a cluster that has lost sight of such a task must not order a second time.
      "monitor", repeatable: false, summary: "waits until goods are on sale, then orders once for each customer",
      timeout: .seconds(7 * 86_400)
    ) { (wish: Wish, context) in try await Monitor(wish: wish).run(context) }
    try await Node.main(tasks) { node in node.log("takes monitors at http://\(node.httpAddress)/tasks") }
  }
}
