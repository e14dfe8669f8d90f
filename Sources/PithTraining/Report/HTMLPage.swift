/// Parts of a page of HTML that is well-formed XML, too, and needs nothing from anywhere else.
enum HTMLPage {
  private static let style = """
    :root{color-scheme:light dark;--ink:#222;--paper:#fff;--soft:#666;--line:#ccc}
    @media(prefers-color-scheme:dark){:root{--ink:#ddd;--paper:#181a1b;--soft:#999;--line:#444}}
    body{margin:0 auto;max-width:1000px;padding:16px;color:var(--ink);background:var(--paper);\
    font:15px/1.5 system-ui,sans-serif}
    h1{font-size:22px}h2{font-size:18px;margin:28px 0 8px;border-bottom:1px solid var(--line)}
    p{max-width:70ch}small,.soft{color:var(--soft);font-size:12px}
    .wide{overflow-x:auto}.plots{display:flex;flex-wrap:wrap;gap:12px}
    table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
    th,td{padding:2px 8px;text-align:right;border-bottom:1px solid var(--line);font-weight:normal}
    thead th{color:var(--soft);vertical-align:bottom}
    .l{text-align:left}.turned{writing-mode:vertical-rl;text-align:left;padding:8px 2px}
    .confusion td{text-align:center;padding:2px 4px;min-width:1.6em}
    .filters{display:grid;grid-template-columns:repeat(auto-fill,48px);gap:4px}
    .filters img{width:48px;height:48px;image-rendering:pixelated}
    """

  /// A whole page.
  static func page(title: String, body: String) -> String {
    let shades = (1...9).map {
      ".r\($0){background:rgba(0,114,178,0.\($0))}.e\($0){background:rgba(213,94,0,0.\($0))}\n"
    }.joined()
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width,initial-scale=1"/>
      <title>\(Markup.escaped(title))</title>
      <style>
      \(style)
      \(shades)</style>
      </head>
      <body>
      <h1>\(Markup.escaped(title))</h1>
      \(body)</body>
      </html>

      """
  }

  /// - Parameter content: HTML; without any, there is no section.
  static func section(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : "<h2>\(Markup.escaped(title))</h2>\n\(content)\n"
  }

  static func paragraph(_ text: String) -> String { "<p>\(Markup.escaped(text))</p>\n" }

  static func list(_ items: [String]) -> String {
    items.isEmpty
      ? "" : "<ul>\n" + items.map { "<li>\(Markup.escaped($0))</li>\n" }.joined() + "</ul>\n"
  }

  /// A table that scrolls where the page is narrow.
  ///
  /// - Parameters:
  ///   - header: texts; nil: none.
  ///   - rows: HTML, as many cells in each.
  ///   - left: so many columns are aligned to the left, the others to the right.
  static func table(_ header: [String]?, _ rows: [[String]], left: Int = 1) -> String {
    func cells(_ tag: String, _ cells: [String]) -> String {
      cells.enumerated().map { index, cell in
        "<\(tag)\(index < left ? " class=\"l\"" : "")>\(cell)</\(tag)>"
      }.joined()
    }
    let head = header.map { "<thead><tr>\(cells("th", $0.map(Markup.escaped)))</tr></thead>\n" }
    let body = rows.map { "<tr>\(cells("td", $0))</tr>\n" }.joined()
    return "<div class=\"wide\"><table>\n\(head ?? "")<tbody>\n\(body)</tbody></table></div>\n"
  }
}
