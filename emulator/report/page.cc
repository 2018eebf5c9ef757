#include "emulator/report/page.h"

#include "emulator/report/data_figures.h"
#include "emulator/report/figures.h"
#include "emulator/report/network_figures.h"
#include "emulator/report/node_totals.h"
#include "emulator/report/page_style.h"
#include "emulator/report/text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>

namespace murmur::report {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kMuchDoubt = 0.05;  // share of the messages from which on it is said aloud

double figure_of(const RunFolder& run, std::string_view name) {
    return run.summary ? run.summary->figure(name).value_or(kUnknown) : kUnknown;
}

// The summary's figure or, for a run without one, the last value that the rounds have.
double figure_or_last(const RunFolder& run, std::string_view name, std::string_view column) {
    double value = figure_of(run, name);
    const std::vector<double>& column_values = run.rounds[column];
    for (auto at = column_values.rbegin(); at != column_values.rend() && std::isnan(value); ++at) {
        value = *at;
    }
    return value;
}

double number_of_nodes(const RunFolder& run) {
    const double nodes = figure_of(run, "nodes");
    if (std::isfinite(nodes)) {
        return nodes;
    }
    return run.overlay ? run.overlay->num_nodes : static_cast<double>(node_totals(run).size());
}

std::string scenario_of(const RunFolder& run) {
    if (run.experiment && !run.experiment->scenario.empty()) {
        return run.experiment->scenario;
    }
    return run.summary && !run.summary->scenario.empty() ? run.summary->scenario : run.name;
}

std::string status_of(const RunFolder& run) {
    return run.summary && !run.summary->status.empty() ? run.summary->status : "unfinished";
}

std::string_view status_class(std::string_view status) {
    return status == "complete"                                ? "good"
           : status == "interrupted" || status == "unfinished" ? "warn"
           : status == "diverged" || status == "failed"        ? "bad"
                                                               : "";
}

// Lines break between figures, not between a number and its unit.
std::string unbreakable(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ') {
            out += "\u00a0";
        } else {
            out.push_back(c);
        }
    }
    return out;
}

// Joins the known figures of a tile, so that an unknown one leaves no dangling words.
class Parts {
  public:
    void add(std::string_view pattern, Unit unit, double value) {
        if (std::isfinite(value)) {
            text_ += text_.empty() ? "" : " · ";
            text_ += unbreakable(fmt::format(fmt::runtime(pattern), format_quantity(unit, value)));
        }
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

std::string header(const RunFolder& run) {
    const std::string status = status_of(run);
    Parts lead;
    lead.add("{} nodes", Unit::kNumber, number_of_nodes(run));
    lead.add("{} rounds", Unit::kNumber, figure_or_last(run, "rounds", "round"));
    lead.add("{} workers", Unit::kNumber, figure_of(run, "workers"));
    if (figure_of(run, "attackers") > 0) {
        lead.add(
            "{} attackers, in no figure of learning", Unit::kNumber, figure_of(run, "attackers"));
    }
    return fmt::format(
        "<header><p class=\"eyebrow\">Murmuration run report · {}</p><div class=\"head\">"
        "<h1>{}</h1><span class=\"badge {}\">{}</span></div><p class=\"lead\">{}</p></header>",
        escape(run.name),
        escape(scenario_of(run)),
        status_class(status),
        escape(status),
        escape(lead.text()));
}

std::string notices(const RunFolder& run) {
    std::string out;
    if (run.summary && !run.summary->error.empty()) {
        out += fmt::format("<div class=\"notice bad\" role=\"alert\">{}</div>",
                           escape(run.summary->error));
    }
    const double messages = figure_of(run, "messages");
    const double in_doubt = figure_of(run, "messages_in_doubt");
    if (messages > 0 && in_doubt > kMuchDoubt * messages) {
        out += fmt::format(
            "<div class=\"notice warn\">{} of {} messages ({:.0f} %) are in doubt: they met what "
            "this network models coarsely, and their seconds may be off. docs/networks.md says by "
            "how much, and which network knows better.</div>",
            format_count(in_doubt),
            format_count(messages),
            100 * in_doubt / messages);
    }
    if (!run.notes.empty()) {
        out += "<div class=\"notice warn\">This report is incomplete:<ul>";
        for (const std::string& note : run.notes) {
            out += fmt::format("<li>{}</li>", escape(note));
        }
        out += "</ul></div>";
    }
    return out;
}

std::string tile(std::string_view name, std::string_view value, std::string_view small) {
    return fmt::format(
        "<div><dt>{}</dt><dd class=\"value\">{}</dd><dd class=\"small\">{}</dd></div>",
        escape(name),
        escape(value),
        escape(small));
}

// The same of nodes that test themselves on data of their own alone.
std::string own_result_tile(const RunFolder& run) {
    const double mean = figure_or_last(run, "mean_own_test_accuracy", "own_test_accuracy_mean");
    if (!std::isfinite(mean)) {
        const double loss = figure_or_last(run, "mean_own_test_loss", "own_test_loss_mean");
        return tile("Mean own test loss", format_quantity(Unit::kNumber, loss), "");
    }
    const Metric metric = metric_of(run);
    return tile("Mean own test " + metric.name, format_quantity(metric.unit, mean), "");
}

// A task without accuracy, such as least squares, is judged by its loss.
std::string result_tile(const RunFolder& run) {
    const double low = figure_or_last(run, "min_test_accuracy", "test_accuracy_min");
    const double high = figure_or_last(run, "max_test_accuracy", "test_accuracy_max");
    const double mean = figure_or_last(run, "mean_test_accuracy", "test_accuracy_mean");
    if (!std::isfinite(mean) && has_own_tests(run)) {
        return own_result_tile(run);
    }
    if (!std::isfinite(mean)) {
        const double loss = figure_or_last(run, "mean_test_loss", "test_loss_mean");
        return tile("Mean test loss", format_quantity(Unit::kNumber, loss), "");
    }
    const Metric metric = metric_of(run);
    const std::string range = std::isfinite(low) && std::isfinite(high)
                                  ? fmt::format("nodes from {} to {}",
                                                format_quantity(metric.unit, low),
                                                format_quantity(metric.unit, high))
                                  : "";
    return tile("Mean test " + metric.name, format_quantity(metric.unit, mean), range);
}

std::string bytes_tile(const RunFolder& run) {
    const double sent = figure_or_last(run, "bytes_sent", "bytes_sent");
    Parts small;
    small.add("{} of content", Unit::kBytes, figure_or_last(run, "bytes_content", "bytes_content"));
    small.add("{} a node", Unit::kBytes, sent / number_of_nodes(run));
    return tile("Sent on the wire", format_quantity(Unit::kBytes, sent), small.text());
}

std::string cost_tiles(const RunFolder& run) {
    const double simulated = simulated_seconds(run);
    const double wall = figure_of(run, "wall_s");
    const double cpu = figure_of(run, "cpu_s");
    const double rss = figure_of(run, "peak_rss_bytes");
    Parts speed;
    speed.add("{} times real time", Unit::kNumber, simulated / wall);
    Parts shares;
    shares.add("learning {}", Unit::kSeconds, figure_of(run, "learning_cpu_s"));
    shares.add("simulator {}", Unit::kSeconds, figure_of(run, "simulator_cpu_s"));
    Parts memory;
    memory.add("{} a node", Unit::kBytes, rss / number_of_nodes(run));
    return tile("Wall-clock time", format_quantity(Unit::kSeconds, wall), speed.text()) +
           tile("CPU time", format_quantity(Unit::kSeconds, cpu), shares.text()) +
           tile("Peak memory", format_quantity(Unit::kBytes, rss), memory.text());
}

std::string tiles(const RunFolder& run) {
    const double messages = figure_of(run, "messages");
    Parts events;
    if (const double in_doubt = figure_of(run, "messages_in_doubt"); in_doubt > 0) {
        events.add("{} in doubt", Unit::kNumber, in_doubt);
    }
    events.add("{} simulator events", Unit::kNumber, figure_of(run, "events"));
    std::string out = "<dl class=\"tiles\">";
    out += result_tile(run);
    out += tile("Simulated time", format_quantity(Unit::kSeconds, simulated_seconds(run)), "");
    out += bytes_tile(run);
    out += tile("Messages", format_quantity(Unit::kNumber, messages), events.text());
    out += cost_tiles(run);
    if (run.summary) {
        out += fmt::format(
            "<div><dt>Parameter hash</dt><dd class=\"code\">{}</dd>"
            "<dd class=\"small\">seed {}</dd></div>",
            escape(run.summary->parameter_hash.empty() ? "n/a" : run.summary->parameter_hash),
            escape(run.summary->seed.empty() ? "n/a" : run.summary->seed));
    }
    return out + "</dl>";
}

// Cards of the charts that the run has data for; of the others a list item each goes to `missing`.
std::string shown_cards(const std::vector<Figure>& figures, std::string& missing) {
    std::string shown;
    for (const Figure& figure : figures) {
        if (figure.svg.empty()) {
            missing += fmt::format("<li>{}: {}</li>", escape(figure.title), escape(figure.caption));
        } else {
            shown += card(figure);
        }
    }
    return shown;
}

std::string missing_list(const std::string& items) {
    return items.empty() ? ""
                         : fmt::format("<div class=\"missing\">Not shown:<ul>{}</ul></div>", items);
}

// Cards of the charts that the run has data for, and a list of the others with the reason.
std::string cards(std::string_view title,
                  const std::vector<Figure>& figures,
                  std::string_view last_card) {
    std::string missing;
    const std::string shown = shown_cards(figures, missing);
    std::string out = fmt::format("<h2>{}</h2>", title);
    if (!shown.empty() || !last_card.empty()) {
        out += fmt::format("<div class=\"grid\">{}{}</div>", shown, last_card);
    }
    return out + missing_list(missing);
}

// Accuracy and loss against one quantity at a time: radio buttons choose it, without a script.
std::string curves(const RunFolder& run, std::string& missing) {
    std::vector<Against> choices{Against::kTime, Against::kBytes, Against::kRounds};
    if (has_joules(run)) {
        choices.push_back(Against::kJoules);
    }
    if (has_tokens(run)) {
        choices.push_back(Against::kTokens);
    }
    std::string buttons;
    std::string panes;
    for (const Against against : choices) {
        // The reason why there are none is the same for all.
        std::string reasons;
        const std::string shown =
            shown_cards({accuracy_figure(run, against), loss_figure(run, against)}, reasons);
        missing += against == Against::kTime ? reasons : "";
        fmt::format_to(std::back_inserter(buttons),
                       "<input type=\"radio\" name=\"against\" id=\"against-{0}\"{1}/>"
                       "<label for=\"against-{0}\">{2}</label>",
                       static_cast<int>(against),
                       against == Against::kTime ? " checked=\"checked\"" : "",
                       escape(words_of(against)));
        fmt::format_to(std::back_inserter(panes),
                       "<div class=\"grid pane pane-{}\">{}</div>",
                       static_cast<int>(against),
                       shown);
    }
    return fmt::format(
        "<div class=\"switch\"><span class=\"what\">Against</span>{}<div class=\"panes\">{}</div>"
        "</div>",
        buttons,
        panes);
}

std::string milestone_card(const RunFolder& run) {
    const std::vector<Milestone> reached = metric_of(run).is_accuracy
                                               ? milestones(run.rounds, chance_of(run))
                                               : std::vector<Milestone>();
    if (reached.empty()) {
        return "";
    }
    std::string out =
        "<div class=\"card\"><h3>Time and bytes to accuracy</h3><table class=\"numbers\"><thead>"
        "<tr><th scope=\"col\">Mean accuracy</th><th scope=\"col\">Simulated time</th>"
        "<th scope=\"col\">Sent by all nodes</th><th scope=\"col\">Round</th>"
        "<th scope=\"col\">Last node</th></tr></thead><tbody>";
    for (const Milestone& at : reached) {
        fmt::format_to(
            std::back_inserter(out),
            "<tr><td>{:.0f} %</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            100 * at.accuracy,
            format_quantity(Unit::kSeconds, at.simulated_s),
            format_quantity(Unit::kBytes, at.bytes_sent),
            format_quantity(Unit::kNumber, at.round),
            std::isfinite(at.last_node_s) ? format_quantity(Unit::kSeconds, at.last_node_s) : "–");
    }
    return out + fmt::format(
                     "</tbody></table><p class=\"note\">First evaluation at which the mean over "
                     "nodes was at least this high; last node: at which every node was. Levels "
                     "above chance alone ({}).</p></div>",
                     format_quantity(Unit::kPercent, chance_of(run)));
}

std::string learning(const RunFolder& run) {
    std::string missing;
    std::string out = "<h2>Learning</h2>" + curves(run, missing);
    std::vector<Figure> figures;
    if (has_own_tests(run)) {
        figures.push_back(own_accuracy_figure(run));
        figures.push_back(own_loss_figure(run));
    }
    figures.push_back(accuracy_spread_figure(run));
    figures.push_back(consensus_figure(run));
    const std::string shown = shown_cards(figures, missing) + milestone_card(run);
    if (!shown.empty()) {
        out += fmt::format("<div class=\"grid\">{}</div>", shown);
    }
    return out + missing_list(missing);
}

std::string settings_card(std::string_view title, const Settings& settings) {
    if (settings.empty()) {
        return "";
    }
    std::string out = fmt::format("<h2>{}</h2><div class=\"card\"><dl class=\"settings\">", title);
    for (const auto& [name, value] : settings) {
        fmt::format_to(std::back_inserter(out),
                       "<div><dt>{}</dt><dd><code>{}</code></dd></div>",
                       escape(name),
                       escape(value));
    }
    return out + "</dl></div>";
}

std::string sections(const RunFolder& run) {
    std::string out = learning(run);
    out += cards("Data", {labels_figure(run), samples_figure(run)}, "");
    out += cards("Time and network",
                 {time_use_figure(run),
                  slowest_transfer_figure(run),
                  link_use_figure(run),
                  link_use_over_time_figure(run),
                  overlay_figure(run)},
                 busiest_links_card(run));
    if (run.experiment) {
        out += settings_card("Options", run.experiment->options);
        out += settings_card("Program and versions", run.experiment->origin);
    }
    return out;
}

}  // namespace

std::string card(const Figure& figure) {
    return fmt::format("<figure class=\"card\"><h3>{}</h3>{}<figcaption>{}</figcaption></figure>",
                       escape(figure.title),
                       figure.svg,
                       escape(figure.caption));
}

std::string html_page(std::string_view title, std::string_view body, std::string_view footer) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head>"
        "<meta charset=\"utf-8\"/>"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\"/>"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
        "<title>{}</title><style>{}</style></head><body><main>{}<footer>{}</footer></main></body>"
        "</html>\n",
        escape(title),
        kPageStyle,
        body,
        footer);
}

std::string render_page(const RunFolder& run) {
    return html_page(
        fmt::format("{} · {}", scenario_of(run), status_of(run)),
        header(run) + notices(run) + tiles(run) + sections(run),
        "Made from the files of this folder; <code>./murmur report FOLDER</code> makes it again. "
        "Point at a chart to read its numbers.");
}

}  // namespace murmur::report
