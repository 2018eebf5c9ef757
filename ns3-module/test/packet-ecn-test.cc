/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// ECN over PacketMessageTransport: marks instead of drops, and what both ends make of them.
#include "murmuration-test-support.h"
#include "packet-sender-bench.h"

#include "ns3/packet-message-transport.h"
#include "ns3/packet-tcp-receiver.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"

#include <algorithm>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;
using ns3::murmuration::test::ROOM;
using ns3::murmuration::test::SenderBench;

namespace
{

constexpr uint8_t CAPABLE = PacketSegment::CAPABLE;
constexpr uint8_t CONGESTED = PacketSegment::CONGESTED;
constexpr uint8_t REDUCED = PacketSegment::REDUCED;

/** Numbers of TCP with ECN. */
PacketTcpOptions
WithEcn()
{
    PacketTcpOptions options;
    options.ecn = true;
    return options;
}

/** A mark that is told of reduces the window once in a round trip, and the receiver hears of it. */
class EchoTestCase : public TestCase
{
  public:
    EchoTestCase()
        : TestCase(
              "an echo: the window falls to 70 %, once; the next new segment tells; nothing is "
              "sent again")
    {
    }

  private:
    /** A sender whose marks are written down. */
    class Bench : public SenderBench
    {
      public:
        Bench()
            : SenderBench(WithEcn())
        {
        }

        void SendSegment(const PacketSending& sending) override
        {
            SenderBench::SendSegment(sending);
            marks.push_back(sending.marks);
        }

        std::vector<uint8_t> marks; //!< Of the segments sent
    };

    void DoRun() override
    {
        Bench bench;
        bench.Write(1000);
        NS_TEST_ASSERT_MSG_EQ(bench.marks.size(), 10, "the initial window");
        NS_TEST_EXPECT_MSG_EQ(std::count(bench.marks.begin(), bench.marks.end(), CAPABLE),
                              10,
                              "all may be marked");
        bench.At(200);
        bench.Ack(10, 100);
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 20, "doubled");
        bench.marks.clear();
        bench.At(300);
        for (uint32_t number = 11; number <= 30; ++number)
        {
            bench.sender.HandleAck({number, ROOM, 200 * test::MS, nullptr, true});
            NS_TEST_EXPECT_MSG_EQ((bench.sender.GetPhase() == PacketPhase::CWR),
                                  true,
                                  "it falls until all is acknowledged that was sent before");
        }
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().threshold, 14, "70 % of 20");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetWindow().size, 14, "so is the window");
        NS_TEST_EXPECT_MSG_EQ(bench.sender.GetCounts().retransmissions, 0, "nothing was lost");
        NS_TEST_ASSERT_MSG_GT(bench.marks.size(), 1, "new segments were sent");
        NS_TEST_EXPECT_MSG_EQ(+bench.marks[0], (CAPABLE | REDUCED), "the first one tells");
        NS_TEST_EXPECT_MSG_EQ(std::count(bench.marks.begin(), bench.marks.end(), CAPABLE),
                              static_cast<int64_t>(bench.marks.size()) - 1,
                              "the others do not");
        bench.sender.HandleAck({31, ROOM, 200 * test::MS, nullptr, false});
        NS_TEST_EXPECT_MSG_EQ((bench.sender.GetPhase() == PacketPhase::OPEN), true, "it is over");
    }
};

/** A receiver echoes a mark until it hears that the window was reduced. */
class ReceiverTestCase : public TestCase
{
  public:
    ReceiverTestCase()
        : TestCase("a receiver echoes from the first mark on, until the sender has reduced")
    {
    }

  private:
    /** Writes acknowledgements down. */
    class Wire : public PacketTcpReceiver::Wire
    {
      public:
        int64_t GetNow() const override
        {
            return now;
        }

        void SendSynAck(int64_t /* echo */, uint32_t /* window */) override
        {
        }

        void SendAck(uint32_t /* number */,
                     int64_t /* echo */,
                     uint32_t /* window */,
                     const PacketSack& sack) override
        {
            echoes.push_back(sack.isEcho);
        }

        void SendResetBack() override
        {
        }

        int64_t now{0};           //!< The time
        std::vector<bool> echoes; //!< Of each acknowledgement
    };

    void DoRun() override
    {
        const PacketTcpOptions options = WithEcn();
        Wire wire;
        PacketTcpReceiver receiver(options, wire);
        receiver.HandleSyn(0);
        receiver.HandleHandshakeAck();
        const auto receive = [&](uint32_t number, uint8_t marks) {
            wire.now += test::MS;
            receiver.HandleData({number, options.segmentSize, wire.now, 0, false, marks});
        };
        // All are acknowledged at once: it is the beginning of a connection.
        receive(0, CAPABLE);
        receive(1, CAPABLE | CONGESTED);
        receive(2, CAPABLE);
        receive(3, CAPABLE | REDUCED);
        receive(4, CAPABLE);
        receive(5, CAPABLE | CONGESTED | REDUCED);
        NS_TEST_EXPECT_MSG_EQ(
            (wire.echoes == std::vector<bool>{false, true, true, false, false, true}),
            true,
            "from the mark on until the answer; a mark on the answer is new");
    }
};

/** FqCoDel and CoDel mark instead of dropping. */
class MarkingQueueTestCase : public TestCase
{
  public:
    MarkingQueueTestCase()
        : TestCase("over CoDel and FqCoDel nothing is lost with ECN, and queues are as short")
    {
    }

  private:
    /** What was seen. */
    struct Result
    {
        double seconds;           //!< Until the message has arrived
        uint64_t retransmissions; //!< Segments
        uint32_t nMarked;         //!< Segments that arrived with a mark
        double mostInFlight;      //!< Segments, on average of the last seconds
    };

    /** Counts marks. */
    struct Counter
    {
        void Arrived(int64_t /* now */, const PacketSegment& packet) //!< Trace sink
        {
            nMarked += packet.kind == PacketSegment::Kind::DATA &&
                               (packet.marks & PacketSegment::CONGESTED) != 0
                           ? 1
                           : 0;
        }

        uint32_t nMarked{0}; //!< Segments with a mark
    };

    /**
     * Send 12 MB over 10 Mbps, 20 ms one way.
     * @param discipline of the uplink
     * @param ecn whether marks are made
     * @return what was seen
     */
    static Result Carry(LinkQueue::Discipline discipline, bool ecn)
    {
        const Ptr<WanUnderlay> underlay = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        LinkQueue queue;
        queue.discipline = discipline;
        underlay->SetQueue(WanUnderlay::GetUplink(0), queue);
        const auto transport =
            DynamicCast<PacketMessageTransport>(TransportHelper::Create("packet", underlay));
        TcpSettings settings;
        settings.ecn = ecn;
        transport->SetTcpSettings(settings);
        Counter counter;
        transport->TraceConnectWithoutContext("PacketArrived",
                                              MakeCallback(&Counter::Arrived, &counter));
        const Recorder recorder(transport);
        transport->Send(0, 1, 12'000'000);
        double inFlight = 0;
        for (uint32_t step = 0; step < 100; ++step)
        {
            Simulator::Schedule(Seconds(4) + MilliSeconds(50 * step), [&] {
                inFlight +=
                    transport->FindConnection(0, 1)->GetSender().GetScoreboard().GetInFlight();
            });
        }
        Simulator::Run();
        const Result result{1e-9 * static_cast<double>(recorder.outcomes.at(0).nanosecond),
                            transport->GetNRetransmissions(),
                            counter.nMarked,
                            inFlight / 100};
        Simulator::Destroy();
        return result;
    }

    void DoRun() override
    {
        const double least = 12e6 * 1500 / 1448 * 8 / 10e6;
        for (const auto discipline :
             {LinkQueue::Discipline::CODEL, LinkQueue::Discipline::FQ_CODEL})
        {
            const Result dropping = Carry(discipline, false);
            const Result marking = Carry(discipline, true);
            NS_TEST_EXPECT_MSG_GT(dropping.retransmissions, 3, "without ECN CoDel drops");
            NS_TEST_EXPECT_MSG_EQ(dropping.nMarked, 0, "and marks nothing");
            NS_TEST_EXPECT_MSG_EQ(marking.retransmissions, 0, "with ECN it drops nothing");
            NS_TEST_EXPECT_MSG_GT(marking.nMarked, 3, "but marks");
            NS_TEST_EXPECT_MSG_LT(marking.nMarked,
                                  3 * dropping.retransmissions,
                                  "about as often as it would drop");
            NS_TEST_EXPECT_MSG_GT(marking.seconds, least, "no faster than the link");
            NS_TEST_EXPECT_MSG_EQ_TOL(marking.seconds,
                                      dropping.seconds,
                                      0.005 * least,
                                      "CUBIC falls as far for a mark as for a drop");
            NS_TEST_EXPECT_MSG_EQ_TOL(marking.mostInFlight,
                                      dropping.mostInFlight,
                                      0.25 * dropping.mostInFlight,
                                      "the queue is as long");
        }
    }
};

/** The tests of ECN. */
class PacketEcnTestSuite : public TestSuite
{
  public:
    PacketEcnTestSuite()
        : TestSuite("murmuration-packet-ecn")
    {
        AddTestCase(new EchoTestCase);
        AddTestCase(new ReceiverTestCase);
        AddTestCase(new MarkingQueueTestCase);
    }
};

PacketEcnTestSuite g_packetEcnTestSuite; //!< Registers the suite

} // namespace
