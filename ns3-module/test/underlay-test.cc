/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/edge-underlay.h"
#include "ns3/latency-model.h"
#include "ns3/test.h"
#include "ns3/wan-underlay.h"

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;

namespace
{

/** Every latency model gives the delay that its definition gives. */
class LatencyModelTestCase : public TestCase
{
  public:
    LatencyModelTestCase()
        : TestCase("latency models")
    {
    }

  private:
    void DoRun() override
    {
        const auto access = CreateObject<AccessLatencyModel>();
        access->SetLatencies({MilliSeconds(1), MilliSeconds(20)});
        NS_TEST_EXPECT_MSG_EQ(access->GetLatency(0, 1), MilliSeconds(21), "sum of both");

        const auto regions = CreateObject<MatrixLatencyModel>();
        regions->SetRegions(
            {{MilliSeconds(1), MilliSeconds(50)}, {MilliSeconds(60), MilliSeconds(2)}},
            {0, 1, 1});
        NS_TEST_EXPECT_MSG_EQ(regions->GetLatency(0, 2), MilliSeconds(50), "there");
        NS_TEST_EXPECT_MSG_EQ(regions->GetLatency(2, 0), MilliSeconds(60), "and back");
        NS_TEST_EXPECT_MSG_EQ(regions->GetLatency(1, 2), MilliSeconds(2), "within a region");

        const auto matrix = CreateObject<MatrixLatencyModel>();
        matrix->SetMatrix({{Time(0), MilliSeconds(7)}, {MilliSeconds(8), Time(0)}});
        NS_TEST_EXPECT_MSG_EQ(matrix->GetLatency(1, 0), MilliSeconds(8), "full matrix");

        const auto coordinates = CreateObject<CoordinateLatencyModel>();
        coordinates->SetCoordinates({{0, 0, 0.001}, {0.003, 0.004, 0.002}});
        NS_TEST_EXPECT_MSG_EQ(coordinates->GetLatency(0, 1), MilliSeconds(8), "3-4-5 and heights");
    }
};

/** Impossible latencies are refused with words. */
class LatencyModelRefusalTestCase : public TestCase
{
  public:
    LatencyModelRefusalTestCase()
        : TestCase("latency models refuse what is impossible")
    {
    }

  private:
    void DoRun() override
    {
        const auto matrix = CreateObject<MatrixLatencyModel>();
        std::string text = AbortText([&] { matrix->SetMatrix({{Time(0), Time(0)}, {Time(0)}}); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "not square, got 1 entries in row 1, allowed 2"),
                              true,
                              text);
        text = AbortText([&] { matrix->SetRegions({{Time(0)}}, {0, 1}); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no such region at node 1, got 1, allowed below 1"),
                              true,
                              text);
        text = AbortText([&] { matrix->SetMatrix({{MilliSeconds(-1)}}); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "negative latency in row 0"), true, text);

        const auto access = CreateObject<AccessLatencyModel>();
        text = AbortText([&] { access->SetLatencies({MilliSeconds(-3)}); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "negative latency of node 0"), true, text);
        text = AbortText([&] { access->GetLatency(0, 1); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "got 0, allowed below 0"), true, text);

        const auto coordinates = CreateObject<CoordinateLatencyModel>();
        text = AbortText([&] { coordinates->SetCoordinates({{0, 0, -1}}); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no place for node 0"), true, text);
    }
};

/** Links, routes and rates of a wide-area underlay. */
class WanUnderlayTestCase : public TestCase
{
  public:
    WanUnderlayTestCase()
        : TestCase("wide-area underlay")
    {
    }

  private:
    void DoRun() override
    {
        const auto wan = MakeWan(3, "10Mbps", "100Mbps", MilliSeconds(5));
        NS_TEST_EXPECT_MSG_EQ(wan->GetNNodes(), 3, "nodes");
        NS_TEST_EXPECT_MSG_EQ(wan->GetNLinks(), 6, "two links a node");
        const Underlay::Route route = wan->GetRoute(2, 1);
        NS_TEST_EXPECT_MSG_EQ(route.latency, MilliSeconds(5), "latency");
        NS_TEST_ASSERT_MSG_EQ(route.links.size(), 2, "up and down");
        NS_TEST_EXPECT_MSG_EQ(route.links[0], 4, "uplink of 2");
        NS_TEST_EXPECT_MSG_EQ(route.links[1], 3, "downlink of 1");
        NS_TEST_EXPECT_MSG_EQ(wan->GetLink(4).rate, DataRate("10Mbps"), "up rate");
        NS_TEST_EXPECT_MSG_EQ(wan->GetLink(3).rate, DataRate("100Mbps"), "down rate");
        wan->SetUpRate(2, DataRate("3Mbps"));
        NS_TEST_EXPECT_MSG_EQ(wan->GetUpRate(2), DataRate("3Mbps"), "changed up rate");
        NS_TEST_EXPECT_MSG_EQ(wan->GetDownRate(2), DataRate("100Mbps"), "unchanged down rate");
        NS_TEST_EXPECT_MSG_EQ(wan->HasRoute(1, 1), false, "no route to oneself");
        NS_TEST_EXPECT_MSG_EQ(wan->HasRoute(0, 3), false, "no route to nobody");

        std::string text = AbortText([&] { wan->SetUpRate(1, DataRate(0)); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "wrong rate of node 1 up, got 0bps"), true, text);
        text = AbortText([&] { wan->SetDownRate(7, DataRate("1Mbps")); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no such node, got 7, allowed below 3"), true, text);
        Underlay::Link state = wan->GetLink(2);
        state.delay = MilliSeconds(3);
        wan->SetLink(2, state);
        NS_TEST_EXPECT_MSG_EQ(wan->GetLatency(1, 0), MilliSeconds(8), "core and uplink");
        NS_TEST_EXPECT_MSG_EQ(wan->GetLatency(0, 1), MilliSeconds(5), "not the way back");
        state.loss = 1;
        text = AbortText([&] { wan->SetLink(2, state); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "wrong loss of node 1 up, got 1"), true, text);
        text = AbortText([&] { wan->GetLink(6); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no such link, got 6, allowed below 6"), true, text);
        text = AbortText([&] { wan->GetRoute(0, 9); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no route, got 0 to 9"), true, text);
        text = AbortText([] { CreateObject<WanUnderlay>()->GetLatency(0, 1); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "call SetLatencyModel() first"), true, text);
    }
};

/** Links and routes of an underlay of point-to-point links. */
class EdgeUnderlayTestCase : public TestCase
{
  public:
    EdgeUnderlayTestCase()
        : TestCase("underlay of point-to-point links")
    {
    }

  private:
    void DoRun() override
    {
        const auto edges = CreateObject<EdgeUnderlay>(3);
        edges->AddEdge({0, 1, DataRate("1Mbps"), MilliSeconds(1)});
        const uint32_t second = edges->AddEdge({2, 1, DataRate("2Mbps"), MilliSeconds(2)});
        NS_TEST_EXPECT_MSG_EQ(second, 1, "edges are numbered from 0");
        NS_TEST_EXPECT_MSG_EQ(edges->GetNLinks(), 4, "two links an edge");
        NS_TEST_EXPECT_MSG_EQ(edges->HasRoute(0, 2), false, "no edge, no route");
        const Underlay::Route route = edges->GetRoute(1, 2);
        NS_TEST_ASSERT_MSG_EQ(route.links.size(), 1, "one link");
        NS_TEST_EXPECT_MSG_EQ(route.links[0], 3, "against the direction of edge 1");
        NS_TEST_EXPECT_MSG_EQ(route.latency, MilliSeconds(2), "latency");
        NS_TEST_EXPECT_MSG_EQ(edges->GetLink(3).rate, DataRate("2Mbps"), "rate");

        const auto refused = [&edges](uint32_t first, uint32_t second, const char* rate) {
            return AbortText([&] { edges->AddEdge({first, second, DataRate(rate), Time(0)}); });
        };
        std::string text = refused(1, 0, "1Mbps");
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "nodes 1 and 0 are linked already"), true, text);
        text = refused(1, 1, "1Mbps");
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "impossible ends, got 1 and 1"), true, text);
        text = refused(0, 3, "1Mbps");
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "allowed two nodes below 3"), true, text);
        text = refused(0, 2, "0bps");
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "wrong rate of node 0 to node 2, got 0bps"),
                              true,
                              text);
        text = AbortText([&] { edges->GetRoute(0, 2); });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "no edge between nodes 0 and 2"), true, text);
    }
};

/** The suite. */
class UnderlayTestSuite : public TestSuite
{
  public:
    UnderlayTestSuite()
        : TestSuite("murmuration-underlay")
    {
        AddTestCase(new LatencyModelTestCase);
        AddTestCase(new LatencyModelRefusalTestCase);
        AddTestCase(new WanUnderlayTestCase);
        AddTestCase(new EdgeUnderlayTestCase);
    }
};

UnderlayTestSuite g_underlayTestSuite; //!< Registers the suite

} // namespace
