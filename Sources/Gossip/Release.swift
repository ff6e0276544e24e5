/// What every member says it runs.
package enum Release {
  package static let version = "0.1.0"
}
