/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/edge-underlay.h"
#include "ns3/link-meter.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transfer-meter.h"
#include "ns3/transport-helper.h"

#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** @return the sum of values */
double
Sum(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

/** Packets and fluid add up, in all and by bins, however often the bins get wider. */
class LinkMeterTestCase : public TestCase
{
  public:
    LinkMeterTestCase()
        : TestCase("what a link carries adds up")
    {
    }

  private:
    void DoRun() override
    {
        LinkMeter meter(2, 4);
        Simulator::Schedule(Seconds(1), [&] { meter.AddTransmission(0, 500, 0.25); });
        Simulator::Schedule(Seconds(2), [&] { meter.SetFlow(1, 100, 0.5); });
        Simulator::Schedule(Seconds(3), [&] { meter.SetFlow(1, 40, 0.2); });
        Simulator::Schedule(Seconds(5), [&] {
            NS_TEST_EXPECT_MSG_EQ_TOL(meter.GetBytes(1), 100 + 2 * 40, 1e-9, "until now");
            NS_TEST_EXPECT_MSG_EQ_TOL(meter.GetBusySeconds(1), 0.5 + 2 * 0.2, 1e-9, "until now");
            meter.SetFlow(1, 0, 0);
        });
        Simulator::Schedule(Seconds(7), [&] {
            NS_TEST_EXPECT_MSG_EQ_TOL(meter.GetBytes(0), 500, 1e-9, "of packets");
            NS_TEST_EXPECT_MSG_EQ_TOL(meter.GetBytes(1), 180, 1e-9, "nothing since");
            // 1 ms doubled until four bins hold 5 s: 2.048 s.
            NS_TEST_EXPECT_MSG_EQ_TOL(meter.GetBinWidth(), 2.048, 1e-9, "the smallest that fits");
            const std::vector<double> packets = meter.GetBusyByBin(0);
            NS_TEST_ASSERT_MSG_EQ(packets.size(), 4, "bins that have begun");
            NS_TEST_EXPECT_MSG_EQ_TOL(packets[0], 0.25, 1e-6, "at 1 s");
            const std::vector<double> fluid = meter.GetBusyByBin(1);
            NS_TEST_EXPECT_MSG_EQ_TOL(fluid[0], 0.5 * 0.048, 1e-6, "from 2 s");
            NS_TEST_EXPECT_MSG_EQ_TOL(fluid[1], 0.5 * 0.952 + 0.2 * 1.096, 1e-6, "to 4.096 s");
            NS_TEST_EXPECT_MSG_EQ_TOL(fluid[2], 0.2 * 0.904, 1e-6, "to 5 s");
            NS_TEST_EXPECT_MSG_EQ_TOL(fluid[3], 0, 1e-6, "nothing since");
        });
        Simulator::Run();
        Simulator::Destroy();
        NS_TEST_EXPECT_MSG_EQ(Contains(AbortText([] { LinkMeter(1, 3); }),
                                       "got 3 bins, allowed an even number above 0"),
                              true,
                              "an odd number of bins");
    }
};

/** Transfers of one run, by message. */
struct Transfers
{
    /**
     * Watch a transport.
     * @param underlay its underlay
     * @param transport the transport
     */
    Transfers(Ptr<Underlay> underlay, Ptr<MessageTransport> transport)
        : meter(underlay,
                transport,
                Callback<void, const Message&, const Transfer&>(
                    [this](const Message& message, const Transfer& transfer) {
                        byMessage[message.id] = transfer;
                        durations[message.id] = (Simulator::Now() - message.sent).GetSeconds();
                    }))
    {
    }

    std::map<uint64_t, Transfer> byMessage; //!< What the meter tells
    std::map<uint64_t, double> durations;   //!< By the clock
    TransferMeter meter;                    //!< The meter
};

/** One underlay, every fidelity: who waits for what. */
class TransferTestCase : public TestCase
{
  public:
    /** @param fidelity of the transport */
    explicit TransferTestCase(const std::string& fidelity)
        : TestCase("what transfers over " + fidelity + " wait for"),
          m_fidelity(fidelity)
    {
    }

  private:
    void DoRun() override
    {
        TestOneMessage();
        TestIncast();
        TestDistance();
    }

    /**
     * Run something over a wide-area underlay of equal nodes.
     * @param up rate of uplinks
     * @param down rate of downlinks
     * @param latency between any two nodes
     * @param send sends messages, at time 0
     * @param check looks at the end
     */
    void Run(const std::string& up,
             const std::string& down,
             Time latency,
             const std::function<void(MessageTransport&)>& send,
             const std::function<void(const Transfers&, const Underlay&)>& check)
    {
        const Ptr<Underlay> underlay = MakeWan(9, up, down, latency);
        underlay->EnableMeter(60);
        const auto transport = TransportHelper::Create(m_fidelity, underlay);
        transport->AssignStreams(0);
        const Recorder recorder(transport);
        {
            const Transfers transfers(underlay, transport);
            send(*transport);
            Simulator::Run();
            for (const auto& [message, transfer] : transfers.byMessage)
            {
                NS_TEST_EXPECT_MSG_EQ_TOL(transfer.GetDuration(),
                                          transfers.durations.at(message),
                                          1e-9,
                                          "parts add up to the whole");
            }
            check(transfers, *underlay);
        }
        transport->Dispose();
        Simulator::Destroy();
    }

    /** A large message keeps its uplink busy. */
    void TestOneMessage()
    {
        const uint64_t size = 10'000'000;
        Run(
            "8Mbps",
            "80Mbps",
            MilliSeconds(10),
            [size](MessageTransport& transport) { transport.Send(0, 1, size); },
            [&](const Transfers& transfers, const Underlay& underlay) {
                const Transfer& transfer = transfers.byMessage.at(0);
                const double bytes = size * 1500.0 / 1448;
                NS_TEST_EXPECT_MSG_EQ(transfer.link, underlay.GetRoute(0, 1).links[0], "uplink");
                NS_TEST_EXPECT_MSG_EQ((transfer.GetBound() == Transfer::Bound::LINK), true, "link");
                NS_TEST_EXPECT_MSG_EQ_TOL(transfer.own, bytes / 1e6, 1e-3, "its own bytes");
                NS_TEST_EXPECT_MSG_LT(transfer.others, 0.02, "nobody is there");
                NS_TEST_EXPECT_MSG_EQ_TOL(transfer.latency, 0.010, 1e-9, "propagation");
                for (const uint32_t link : underlay.GetRoute(0, 1).links)
                {
                    NS_TEST_EXPECT_MSG_EQ_TOL(underlay.GetMeter()->GetBytes(link),
                                              bytes,
                                              0.002 * bytes,
                                              "on every link of the path");
                    NS_TEST_EXPECT_MSG_EQ_TOL(Sum(underlay.GetMeter()->GetBusyByBin(link)),
                                              underlay.GetMeter()->GetBusySeconds(link),
                                              1e-3,
                                              "the bins hold all of it");
                }
                // Acknowledgements travel back: 52 bytes for two segments. Over packet, as over
                // real TCP, also for one, while the receiver's window grows and where a buffer of
                // three ends.
                const double back =
                    underlay.GetMeter()->GetBytes(underlay.GetRoute(1, 0).links.front());
                const double wanted = m_fidelity == "ideal" ? 0 : bytes * 26 / 1500;
                const double share = m_fidelity == "packet" ? 0.2 : 0.07;
                NS_TEST_EXPECT_MSG_EQ_TOL(back, wanted, share * wanted, "acknowledgements");
            });
    }

    /** Eight to one: the downlink is busy with the bytes of the others. */
    void TestIncast()
    {
        Run(
            "80Mbps",
            "8Mbps",
            MilliSeconds(10),
            [](MessageTransport& transport) {
                for (uint32_t from = 1; from < 9; ++from)
                {
                    transport.Send(from, 0, 1'000'000);
                }
            },
            [&](const Transfers& transfers, const Underlay& underlay) {
                NS_TEST_EXPECT_MSG_EQ(transfers.byMessage.size(), 8, "all arrive");
                for (const auto& [message, transfer] : transfers.byMessage)
                {
                    NS_TEST_EXPECT_MSG_EQ(transfer.link,
                                          underlay.GetRoute(1, 0).links.back(),
                                          "the downlink");
                    NS_TEST_EXPECT_MSG_EQ((transfer.GetBound() == Transfer::Bound::LINK),
                                          true,
                                          "bound by it");
                    if (m_fidelity == "ideal")
                    {
                        NS_TEST_EXPECT_MSG_LT(transfer.others, 1e-9, "nobody waits");
                    }
                    else
                    {
                        NS_TEST_EXPECT_MSG_GT(transfer.others, 2 * transfer.own, "behind others");
                    }
                }
            });
    }

    /** A small message over a long way waits for propagation; a middling one for its window. */
    void TestDistance()
    {
        Run(
            "1Gbps",
            "1Gbps",
            MilliSeconds(100),
            [](MessageTransport& transport) {
                transport.Send(0, 1, 1'000);
                transport.Send(2, 3, 1'000'000);
            },
            [&](const Transfers& transfers, const Underlay&) {
                const auto bound = [&](uint64_t message) {
                    return transfers.byMessage.at(message).GetBound();
                };
                const bool isIdeal = m_fidelity == "ideal";
                NS_TEST_EXPECT_MSG_EQ(
                    (bound(0) == (isIdeal ? Transfer::Bound::LATENCY : Transfer::Bound::WINDOW)),
                    true,
                    "a new connection costs a round trip, which is twice the way");
                NS_TEST_EXPECT_MSG_EQ(
                    (bound(1) == (isIdeal ? Transfer::Bound::LATENCY : Transfer::Bound::WINDOW)),
                    true,
                    "slow start");
            });
    }

    std::string m_fidelity; //!< Of the transport
};

/** Links between two nodes are measured, too. */
class EdgeMeterTestCase : public TestCase
{
  public:
    EdgeMeterTestCase()
        : TestCase("links of edges have meters")
    {
    }

  private:
    void DoRun() override
    {
        for (const std::string fidelity : {"packet", "tcp", "flow", "ideal"})
        {
            const auto underlay = CreateObject<EdgeUnderlay>(2);
            underlay->AddEdge({0, 1, DataRate("8Mbps"), MilliSeconds(10)});
            underlay->EnableMeter(60);
            const auto transport = TransportHelper::Create(fidelity, underlay);
            transport->AssignStreams(0);
            transport->Send(1, 0, 1'000'000);
            Simulator::Run();
            NS_TEST_EXPECT_MSG_EQ_TOL(
                underlay->GetMeter()->GetBytes(underlay->GetRoute(1, 0).links[0]),
                1'000'000 * 1500.0 / 1448,
                5'000,
                "over " << fidelity);
            transport->Dispose();
            Simulator::Destroy();
        }
    }
};

/** Without a meter there is nothing to tell. */
class MeterOffTestCase : public TestCase
{
  public:
    MeterOffTestCase()
        : TestCase("a transfer meter needs a link meter")
    {
    }

  private:
    void DoRun() override
    {
        const std::string text = AbortText([] {
            const Ptr<Underlay> underlay = MakeWan(2, "1Mbps", "1Mbps", Time(0));
            const Transfers transfers(underlay, TransportHelper::Create("ideal", underlay));
        });
        NS_TEST_EXPECT_MSG_EQ(Contains(text, "TransferMeter: the meter of the underlay is off"),
                              true,
                              text);
    }
};

/** The suite. */
class MeterTestSuite : public TestSuite
{
  public:
    MeterTestSuite()
        : TestSuite("murmuration-meter")
    {
        AddTestCase(new LinkMeterTestCase);
        for (const std::string fidelity : {"packet", "tcp", "flow", "ideal"})
        {
            AddTestCase(new TransferTestCase(fidelity));
        }
        AddTestCase(new EdgeMeterTestCase);
        AddTestCase(new MeterOffTestCase);
    }
};

MeterTestSuite g_meterTestSuite; //!< Registers the suite

} // namespace
