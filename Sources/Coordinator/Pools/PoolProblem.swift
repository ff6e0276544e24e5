import Batch
import Clockwork
import Net

extension Problem {
  static let tooManyPools = Problem(
    status: 409, code: "too_many_pools", title: "There are too many pools",
    detail: "There are at most \(CoordinatorLimits.pools); delete some with DELETE /pools/{name}.")

  static func otherUse(_ pool: PoolRecord) -> Problem {
    let how =
      if case .lent(let most) = pool.use { "are lent to up to \(most) tasks at a time (?reuse=\(most))" } else {
        "are used once"
      }
    return Problem(
      status: 409, code: "other_reuse", title: "The pool's items are used otherwise",
      detail: "The first items of \(pool.name) said that all of them \(how). Leave ?reuse= out, or use another pool.")
  }

  static func takesOnlyLent(_ names: [String]) -> Problem {
    .badRequest(
      "The items of \(names.joined(separator: ", ")) are put back after use: a batch that takes from no other pool "
        + "would make tasks for ever. Take also from a pool whose items are used once.", pointer: "/take")
  }

  static let poolIsClaimed = Problem(
    status: 409, code: "pool_in_use", title: "A batch that takes from the pool is being submitted",
    detail: "Whether the items may be put back depends on it; nothing was kept, ask again in a moment.", retryAfter: 1)

  static func neverEnds(batch: UUIDv7, pool: String) -> Problem {
    Problem(
      status: 409, code: "never_ends", title: "A batch would never end",
      detail:
        "The batch \(batch.text) takes from \(pool) and otherwise from no pool whose items are used up: with items "
        + "that are put back it would make tasks for ever. Leave ?reuse= out, or cancel that batch.")
  }
}
