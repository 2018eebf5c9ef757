// docs/results.md lists the columns of every file as the tables that write them have it.
#include "emulator/record/life_tables.h"
#include "emulator/record/link_tables.h"
#include "emulator/record/messages_table.h"
#include "emulator/record/row_tables.h"
#include "emulator/record/summary_tables.h"
#include "emulator/tasks/compute_trace_table.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Calls `see` with each table, in the order of the page.
template <class See>
void for_each_table(See&& see) {
    see(LabelsTable());
    see(ExchangesTable());
    see(MetricsTable());
    see(OwnMetricsTable());
    see(LifeMetricsTable());
    see(EnergyMetricsTable());
    see(RoundsTable());
    see(OwnRoundsTable());
    see(LifeRoundsTable());
    see(EnergyRoundsTable());
    see(NodesTable());
    see(LifeNodesTable());
    see(EnergyNodesTable());
    see(LinksTable());
    see(LinkUseTable());
    see(MessagesTable());
    see(ComputeTraceTable());
    see(SummaryTable());
    see(OwnSummaryTable());
    see(LifeSummaryTable());
    see(EnergySummaryTable());
    see(PrivacySummaryTable());
    see(ComparisonTable());
}

/// What the page must say of a table.
template <class Table>
std::string text_of(const Table& /*table*/) {
    std::string text =
        fmt::format("{}\n\n| column | unit | meaning |\n| --- | --- | --- |\n", Table::kRow);
    for (const ColumnText& column : columns_of<Table>()) {
        text += fmt::format("| `{}` | {} | {} |\n", column.name, column.unit, column.meaning);
    }
    return text;
}

TEST_CASE("docs/results.md has every column of every file as it is written") {
    std::ifstream file(test::repository() / "docs" / "results.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    REQUIRE_FALSE(page.empty());
    for_each_table([&](const auto& table) {
        const std::string text = text_of(table);
        CHECK_MESSAGE(page.find(text) != std::string::npos,
                      "docs/results.md must have, of " << table.kFile << ":\n"
                                                       << text);
    });
}

TEST_CASE("no table names a column twice, and none is without a meaning") {
    const auto check = [](std::vector<ColumnText> columns, const std::vector<ColumnText>& more) {
        columns.insert(columns.end(), more.begin(), more.end());
        std::set<std::string_view> names;
        for (const ColumnText& column : columns) {
            CAPTURE(column.name);
            CHECK(names.insert(column.name).second);
            CHECK_FALSE(column.meaning.empty());
            CHECK(column.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") ==
                  std::string_view::npos);
            // A unit in the name is the unit.
            CHECK(column.name.ends_with("_s") == (column.unit == "s"));
            CHECK(column.name.ends_with("_bps") == (column.unit == "bit/s"));
        }
    };
    check(columns_of<MetricsTable>(), columns_of<OwnMetricsTable>());
    check(columns_of<RoundsTable>(), columns_of<OwnRoundsTable>());
    check(columns_of<SummaryTable>(), columns_of<OwnSummaryTable>());
    for_each_table(
        [&](const auto& table) { check(columns_of<std::decay_t<decltype(table)>>(), {}); });
}

}  // namespace
}  // namespace murmur
