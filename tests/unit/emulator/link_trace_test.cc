#include "emulator/network/link_trace.h"

#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using ns3::murmuration::LinkChange;

/// Runs a reader on a file of this text; returns its refusal, with the file called FILE.
std::string refusal(const std::string& text, const std::function<void(const std::string&)>& read) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "trace").string();
    test::write_text(path, text);
    try {
        read(path);
    } catch (const std::invalid_argument& error) {
        std::string message = error.what();
        const auto at = message.find(path);
        REQUIRE(at != std::string::npos);
        return message.replace(at, path.size(), "FILE");
    }
    return "accepted";
}

std::string refusal_of_csv(const std::string& text) {
    return refusal(text,
                   [](const std::string& path) { (void)read_link_traces("--link-trace", path); });
}

std::string refusal_of_mahimahi(const std::string& text) {
    return refusal(text, [](const std::string& path) {
        (void)read_mahimahi_trace("--uplink-trace", path, 0.1);
    });
}

std::vector<NamedLinkTrace> read_csv_text(const std::string& text) {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "trace", text);
    return read_link_traces("--link-trace", (folder.path() / "trace").string());
}

LinkTracePtr read_mahimahi_text(const std::string& text, double bin_s) {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "trace", text);
    return read_mahimahi_trace("--uplink-trace", (folder.path() / "trace").string(), bin_s);
}

std::uint64_t rate_of(const LinkChange& change) {
    return change.isUp.value_or(true) ? change.rate.value_or(ns3::DataRate(0)).GetBitRate() : 0;
}

TEST_CASE("a CSV trace names links, and changes rate, latency or presence") {
    const auto traces = read_csv_text(
        "time,rate,latency,link\n"
        "0s,10Mbps,20ms,node 3 up\n"
        "\n"
        "500ms, 2Mbps ,,node 0 down\r\n"
        "2s,down,,node 3 up\n"
        "2s,,30ms,node 3 up\n");
    REQUIRE(traces.size() == 2);
    CHECK(traces[0].link == "node 3 up");
    CHECK(traces[0].line == 2);
    CHECK(traces[1].link == "node 0 down");
    CHECK(traces[1].line == 4);
    const std::vector<LinkChange>& changes = traces[0].trace->changes;
    CHECK(traces[0].trace->period.IsZero());
    REQUIRE(changes.size() == 3);
    CHECK(changes[0].at.IsZero());
    CHECK(rate_of(changes[0]) == 10'000'000);
    CHECK(changes[0].isUp == true);
    CHECK(changes[0].delay == ns3::MilliSeconds(20));
    CHECK(changes[1].at == ns3::Seconds(2));
    CHECK(changes[1].isUp == false);
    CHECK_FALSE(changes[1].rate.has_value());
    CHECK_FALSE(changes[1].delay.has_value());
    CHECK_FALSE(changes[2].isUp.has_value());
    CHECK(changes[2].delay == ns3::MilliSeconds(30));
    CHECK(rate_of(traces[1].trace->changes[0]) == 2'000'000);
}

TEST_CASE("a CSV trace without links is for every link; columns come in any order") {
    const auto traces = read_csv_text("rate,time\n1Mbps,0s\ndown,1min\n");
    REQUIRE(traces.size() == 1);
    CHECK(traces[0].link.empty());
    CHECK(traces[0].trace->changes[1].at == ns3::Seconds(60));
}

TEST_CASE("a CSV trace that is out of order, or has a wrong value, is refused with its line") {
    const std::string header = "time,rate,latency,link\n";
    const std::string rates =
        "allowed a rate above 0 with its unit (bps, kbps, Mbps, Gbps, or Bps, kBps, MBps, GBps), "
        "such as 10Mbps";
    const std::string times = "allowed a time with its unit (ns, us, ms, s, min, h), such as 5ms";
    CHECK(refusal_of_csv(header + "0s,1Mbps,,a\n") == "accepted");
    CHECK(refusal_of_csv(header + "2s,1Mbps,,a\n1s,1Mbps,,a\n") ==
          "--link-trace: FILE:3: out of order, got time 1s after 2 s");
    CHECK(refusal_of_csv(header + "2s,1Mbps,,a\n1s,1Mbps,,b\n") == "accepted");
    CHECK(refusal_of_csv(header + "0s," + std::string(5'000'000, 'x') + ",,a\n").size() < 300);
    CHECK(refusal_of_csv(header + "0s,-1Mbps,,a\n") ==
          "--link-trace: FILE:2: rate (or down): got '-1Mbps', " + rates);
    CHECK(refusal_of_csv(header + "0s,fast,,a\n") ==
          "--link-trace: FILE:2: rate (or down): got 'fast', " + rates);
    CHECK(refusal_of_csv(header + "0s,,-2ms,a\n") ==
          "--link-trace: FILE:2: latency: got '-2ms', " + times);
    CHECK(refusal_of_csv(header + "1,1Mbps,,a\n") ==
          "--link-trace: FILE:2: time: got '1', " + times);
    CHECK(refusal_of_csv(header + "0s,,,a\n") ==
          "--link-trace: FILE:2: neither a rate nor a latency");
    CHECK(refusal_of_csv(header + "0s,1Mbps\n") ==
          "--link-trace: FILE:2: got 2 fields, allowed 4 as in the header");
    CHECK(refusal_of_csv(header + "0s,1Mbps,,a,b\n") ==
          "--link-trace: FILE:2: got 5 fields, allowed 4 as in the header");
}

TEST_CASE("a CSV trace without header, columns or rows is refused") {
    const std::string allowed =
        "allowed time, rate, latency and link, each once: time, and at least one of rate and "
        "latency";
    const auto refused = [&](const std::string& header) {
        return refusal_of_csv(header + "\n0s,1Mbps\n") ==
               "--link-trace: FILE:1: got the header '" + header + "', " + allowed;
    };
    CHECK(refused("0s,1Mbps"));
    CHECK(refused("rate,latency"));
    CHECK(refused("time,link"));
    CHECK(refused("time,rate,time"));
    CHECK(refused("time,rate,color"));
    CHECK(refusal_of_csv("") == "--link-trace: FILE holds no change");
    CHECK(refusal_of_csv("time,rate\n") == "--link-trace: FILE holds no change");
    CHECK_THROWS_WITH_AS((void)read_link_traces("--link-trace", "/no/such/file"),
                         "--link-trace: /no/such/file: cannot be read (No such file or directory)",
                         std::invalid_argument);
}

// Bins of 100 ms: two packets until 100 ms, none until 200 ms, three until 300 ms, and one in the
// half bin until 350 ms, where the trace ends.
TEST_CASE("packets of a Mahimahi trace become rates of bins") {
    const LinkTracePtr trace = read_mahimahi_text("0\n100\n201\n201\n300\n350\n", 0.1);
    CHECK(trace->period == ns3::MilliSeconds(350));
    const std::vector<LinkChange>& changes = trace->changes;
    REQUIRE(changes.size() == 4);
    CHECK(changes[0].at.IsZero());
    CHECK(rate_of(changes[0]) == 2 * 12000 * 10);
    CHECK(changes[1].at == ns3::MilliSeconds(100));
    CHECK(changes[1].isUp == false);
    CHECK(changes[2].at == ns3::MilliSeconds(200));
    CHECK(rate_of(changes[2]) == 3 * 12000 * 10);
    CHECK(changes[3].at == ns3::MilliSeconds(300));
    CHECK(rate_of(changes[3]) == 1 * 12000 * 20);
}

TEST_CASE("whatever the bin, as many bits can leave as the trace has packets") {
    std::string text;
    int packets = 0;
    for (int ms = 7; ms < 5000; ms += 1 + ms * ms % 23) {
        text += std::to_string(ms) + "\n";
        ++packets;
    }
    for (const double bin_s : {0.001, 0.0333, 0.1, 1.7, 60.0}) {
        CAPTURE(bin_s);
        const LinkTracePtr trace = read_mahimahi_text(text, bin_s);
        double bits = 0;
        for (std::size_t i = 0; i < trace->changes.size(); ++i) {
            const ns3::Time end =
                i + 1 < trace->changes.size() ? trace->changes[i + 1].at : trace->period;
            bits += static_cast<double>(rate_of(trace->changes[i])) *
                    (end - trace->changes[i].at).GetSeconds();
        }
        CHECK(bits == doctest::Approx(12000.0 * packets).epsilon(1e-5));
    }
}

TEST_CASE("a Mahimahi trace that falls, is empty or holds other words is refused") {
    CHECK(refusal_of_mahimahi("1\n2\n") == "accepted");
    // Packets per second, as some traces have them.
    CHECK(
        refusal_of_mahimahi("1\n9\n5\n") ==
        "--uplink-trace: FILE:3: out of order, got 5 ms after 9 ms; a Mahimahi trace has the time "
        "of each packet, no packets per second and no rates");
    const std::string allowed =
        "allowed a whole number of ms, the time at which a packet can leave";
    CHECK(refusal_of_mahimahi("1\n2.5\n") == "--uplink-trace: FILE:2: got '2.5', " + allowed);
    CHECK(refusal_of_mahimahi("-1\n") == "--uplink-trace: FILE:1: got '-1', " + allowed);
    CHECK(refusal_of_mahimahi("time,rate\n") ==
          "--uplink-trace: FILE:1: got 'time,rate', " + allowed);
    CHECK(refusal_of_mahimahi(std::string(5'000'000, '7')).size() < 200);
    CHECK(refusal_of_mahimahi("9999999999999\n") ==
          "--uplink-trace: FILE:1: got 9999999999999 ms, allowed up to 1000000000000");
    CHECK(refusal_of_mahimahi("") ==
          "--uplink-trace: FILE holds no packet, allowed packets up to a time above 0 ms");
    CHECK(refusal_of_mahimahi("0\n0\n") ==
          "--uplink-trace: FILE ends at 0 ms, allowed packets up to a time above 0 ms");
    CHECK_THROWS_WITH_AS(
        (void)read_mahimahi_trace("--uplink-trace", "/no/such/file", 0.1),
        "--uplink-trace: /no/such/file: cannot be read (No such file or directory)",
        std::invalid_argument);
}

TEST_CASE("a CSV trace is read as spreadsheets and scripts write it") {
    const auto text_of = [](const std::vector<NamedLinkTrace>& traces) {
        std::string text;
        for (const NamedLinkTrace& named : traces) {
            text += named.link + ":";
            for (const LinkChange& change : named.trace->changes) {
                text += " " + std::to_string(change.at.GetMilliSeconds()) + " " +
                        std::to_string(rate_of(change));
            }
            text += "\n";
        }
        return text;
    };
    const std::string expected = "node 0 up: 0 1000000 1500 0\nSt. John's, NL to B: 0 2000000\n";
    for (
        const char* text :
        {"time,rate,link\n0s,1Mbps,node 0 up\n1.5s,down,node 0 up\n0s,2Mbps,\"St. John's, NL to "
         "B\"\n",
         "\xEF\xBB\xBF# a remark\r\ntime;rate;link\r\n0s;1Mbps;node 0 up\r\n1500ms;0Mbps;node 0 "
         "up\r\n0s;2Mbps;St. John's, NL to B\r\n",
         "Time\tRate\tLink\r0s\t1Mbps\tnode 0 up\r1.5s\tdown\tnode 0 up\r0s\t2Mbps\tSt. John's, NL "
         "to B\r",
         "time_s,rate_mbps,link\n0,1,node 0 up\n1.5,0,node 0 up\n\n0,2,\"St. John's, NL to B\"",
         "time_ms,rate_kbps,link\n0,1e3,node 0 up\n1500,down,node 0 up\n0,2000,\"St. John's, NL to "
         "B\"  \n"}) {
        CAPTURE(text);
        CHECK(text_of(read_csv_text(text)) == expected);
    }
    CHECK(read_csv_text("time,latency_ms,link\n0s,2.5,\"a \"\"b\"\"\"\n")[0].link == "a \"b\"");
    CHECK(read_csv_text("time\trate\tlatency\tlink\n0s\t1Mbps\t\t\"a\tb\"\n")[0].link == "a\tb");
    CHECK(read_csv_text("time,latency_ms\n0s,2.5\n")[0].trace->changes[0].delay ==
          ns3::MicroSeconds(2500));
    CHECK(refusal_of_csv("time_days,rate\n") ==
          "--link-trace: FILE:1: got the header 'time_days,rate', allowed time, rate, latency and "
          "link, each once: time, and at least one of rate and latency");
}

TEST_CASE("a Mahimahi trace is read with any line ends, empty lines and remarks, and described") {
    const std::string text = "0\n0\n100\n201\n201\n300\n350\n";
    const LinkTracePtr expected = read_mahimahi_text(text, 0.1);
    for (const std::string other :
         {"\xEF\xBB\xBF# remark\r\n0\r\n0 \r\n100\r\n201\t\r\n201\r\n300\r\n350\r\n\r\n",
          "0\r0\r100\r201\r201\r300\r350"}) {
        const LinkTracePtr trace = read_mahimahi_text(other, 0.1);
        REQUIRE(trace->changes.size() == expected->changes.size());
        for (std::size_t i = 0; i < trace->changes.size(); ++i) {
            CHECK(rate_of(trace->changes[i]) == rate_of(expected->changes[i]));
            CHECK(trace->changes[i].at == expected->changes[i].at);
        }
    }
    // 7 packets of 12,000 bits in 0.35 s; nothing leaves between 100 and 200 ms.
    CHECK(describe_mahimahi("FILE", *expected) ==
          "FILE: Mahimahi trace, 0.35 s, 0.24 Mbps on average, down for 0.1 s");
}

TEST_CASE("traces that are devices or folders are refused at once") {
    CHECK_THROWS_WITH_AS(
        (void)read_link_traces("--link-trace", "/dev/zero"),
        "--link-trace: /dev/zero: cannot be read (a device or a pipe, allowed a file)",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        (void)read_mahimahi_trace("--uplink-trace", "/dev/zero", 0.1),
        "--uplink-trace: /dev/zero: cannot be read (a device or a pipe, allowed a file)",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)read_link_traces("--link-trace", "/"),
                         "--link-trace: /: cannot be read (Is a directory)",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
