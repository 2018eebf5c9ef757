/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "ns3/packet-event-heap.h"
#include "ns3/packet-queue.h"
#include "ns3/packet-rate-reduction.h"
#include "ns3/packet-tcp-receiver.h"
#include "ns3/packet-ticks.h"
#include "ns3/test.h"

#include <algorithm>
#include <queue>
#include <random>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;

namespace
{

constexpr int64_t MS = 1'000'000;

/** The heap beside that of the standard library. */
class EventHeapTestCase : public TestCase
{
  public:
    EventHeapTestCase()
        : TestCase("event heap: as std::priority_queue, whatever is pushed and taken")
    {
    }

  private:
    void DoRun() override
    {
        typedef std::pair<int64_t, uint64_t> Entry;
        std::mt19937 rng(1);
        PacketEventHeap heap;
        std::priority_queue<Entry, std::vector<Entry>, std::greater<>> oracle;
        for (uint32_t step = 0; step < 200'000; ++step)
        {
            // Grows and shrinks in turn; times collide often.
            const bool grows = (step / 5000) % 2 == 0;
            if (oracle.empty() || rng() % 100 < (grows ? 55U : 45U))
            {
                const Entry entry{rng() % 1000, rng() % 1000};
                heap.Push(entry.first, entry.second);
                oracle.push(entry);
                continue;
            }
            NS_TEST_ASSERT_MSG_EQ(heap.GetNextTime(), oracle.top().first, "time, step " << step);
            const PacketEventHeap::Event event = heap.Take();
            NS_TEST_ASSERT_MSG_EQ(event.what, oracle.top().second, "order, step " << step);
            oracle.pop();
            NS_TEST_ASSERT_MSG_EQ(heap.IsEmpty(), oracle.empty(), "size, step " << step);
        }
    }
};

/** A receiver on a wire of paper. */
class ReceiverBench : public PacketTcpReceiver::Wire
{
  public:
    ReceiverBench()
        : receiver(options, *this)
    {
        now = -100 * MS;
        receiver.HandleSyn(0);
        now = 0;
        receiver.HandleHandshakeAck();
    }

    /**
     * A segment comes; timers before it expire.
     * @param ms when
     * @param number which
     * @param payload its bytes
     */
    void Data(double ms, uint32_t number, uint32_t payload = 1448)
    {
        At(ms);
        receiver.HandleData({number, payload, now, roundTrip, false});
    }

    /**
     * A segment comes that ends a buffer of several.
     * @param ms when
     * @param number which
     */
    void Pushed(double ms, uint32_t number)
    {
        At(ms);
        receiver.HandleData({number, options.segmentSize, now, roundTrip, true});
    }

    /**
     * Let time pass.
     * @param ms the time
     */
    void At(double ms)
    {
        const auto time = static_cast<int64_t>(ms * MS);
        while (receiver.GetDeadline() <= time)
        {
            now = receiver.GetDeadline();
            receiver.HandleTimer();
        }
        now = time;
    }

    int64_t GetNow() const override
    {
        return now;
    }

    void SendResetBack() override
    {
    }

    void SendSynAck(int64_t /* echo */, uint32_t /* window */) override
    {
    }

    void SendAck(uint32_t number,
                 int64_t /* echo */,
                 uint32_t window,
                 const PacketSack& sack) override
    {
        numbers.push_back(number);
        times.push_back(1e-6 * static_cast<double>(now));
        lastWindow = window;
        lastSack = sack;
    }

    PacketTcpOptions options;      //!< Numbers of TCP
    int64_t now{0};                //!< The time
    std::vector<uint32_t> numbers; //!< Of acknowledgements
    std::vector<double> times;     //!< When they were sent, in ms
    uint32_t lastWindow{0};        //!< Of the last one
    PacketSack lastSack;           //!< Of the last one
    int64_t roundTrip{1000 * MS};  //!< As time stamps tell it, over queues that have filled
    PacketTcpReceiver receiver;    //!< Comes last: it uses the others
};

/** The first 22 segments at once, then every second one, an odd one after 40 ms. */
class DelayedAckTestCase : public TestCase
{
  public:
    DelayedAckTestCase()
        : TestCase("acknowledgements: 22 quick ones, then each second segment, or after 40 ms")
    {
    }

  private:
    void DoRun() override
    {
        ReceiverBench bench;
        // 16, of which none is used up while the window grows: from 45 segments to 160/256 of what
        // 128 KiB have left beside one segment, 80,480 bytes, two for each one that comes.
        for (uint32_t number = 0; number < 16 + 6; ++number)
        {
            bench.Data(1 + number, number);
            NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), number + 1, "quick");
        }
        bench.Data(30, 22);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 22, "waits for a second one");
        bench.Data(31, 23);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 23, "both");
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.back(), 24, "up to the next");
        bench.Data(32, 24);
        bench.At(200);
        NS_TEST_ASSERT_MSG_EQ(bench.numbers.size(), 24, "after a while");
        NS_TEST_EXPECT_MSG_EQ_TOL(bench.times.back(), 76, 1e-6, "of 40 ms, and a tick");
        bench.Pushed(200, 25);
        NS_TEST_ASSERT_MSG_EQ(bench.numbers.size(), 25, "the end of a buffer");
        bench.Data(201, 26, 100);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 26, "a short one is the end of something");
        // After a pause longer than a timeout, 200 ms and the 100 of the handshake, they are quick
        // again, however long the sender's round-trip time has become.
        bench.Data(480, 27);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 26, "a shorter pause");
        bench.At(600);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 27, "delayed");
        bench.Data(900, 28);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 28, "quick again");
        // Each delayed one that expires doubles the next delay, up to the round trip of 100 ms.
        ReceiverBench slow;
        for (uint32_t number = 0; number < 22; ++number)
        {
            slow.Data(1 + number, number);
        }
        double time = 200;
        for (const double expected : {44, 84, 104})
        {
            slow.Data(time, 22 + static_cast<uint32_t>(slow.numbers.size() - 22));
            slow.At(time + expected - 1);
            const std::size_t before = slow.numbers.size();
            slow.At(time + expected + 1);
            NS_TEST_EXPECT_MSG_EQ(slow.numbers.size(), before + 1, "after " << expected);
            time += 200;
        }
        // A SYN that is late is only acknowledged.
        slow.receiver.HandleSyn(0);
        NS_TEST_EXPECT_MSG_EQ(slow.numbers.size(), 26, "a challenge");
        NS_TEST_EXPECT_MSG_EQ(slow.receiver.GetDeadline(), PacketTcpReceiver::NEVER, "no timer");
    }
};

/**
 * Memory grows once a round trip, to twice what was read in it and four times what that is more
 * than in the one before, in proportion (Linux 6.16 and later); real ones announce the same.
 */
class WindowTestCase : public TestCase
{
  public:
    WindowTestCase()
        : TestCase("receive window: what 128 KiB hold, then what a round trip asks for")
    {
    }

  private:
    void DoRun() override
    {
        ReceiverBench bench;
        bench.roundTrip = 40 * MS;
        for (uint32_t number = 0; number < 10; ++number)
        {
            bench.Data(1 + number, number);
        }
        // (131072 - 2304) x 160 / 256
        NS_TEST_EXPECT_MSG_EQ(bench.lastWindow, 80'480, "less one segment that was not read");
        // 11 segments were read in the first round trip, one more than 10: 2 x 15,928 bytes and
        // 4 x 1,593 more, and so less than what there is.
        for (uint32_t number = 10; number < 32; ++number)
        {
            bench.Data(31 + number, number);
        }
        NS_TEST_EXPECT_MSG_EQ(bench.lastWindow, 80'480, "enough");
        // 22 in the second one, twice as many as 11: 6 x 31,856 bytes, which take 305,817 of
        // memory.
        bench.Data(81, 32);
        bench.Data(81.5, 33);
        NS_TEST_EXPECT_MSG_EQ(bench.lastWindow, 80'480 + 2 * 1448, "two segments for one");
        for (uint32_t number = 34; number < 80; ++number)
        {
            bench.Data(82 + 0.5 * (number - 34), number);
        }
        NS_TEST_EXPECT_MSG_EQ(bench.lastWindow, 189'695, "(305,817 - 2304) x 160 / 256");
    }
};

/** Blocks: the newest first, joined, three at most; duplicates told of; window not taken back. */
class SackTestCase : public TestCase
{
  public:
    SackTestCase()
        : TestCase("SACK: newest block first, three at most, duplicates, and a filled gap")
    {
    }

  private:
    void DoRun() override
    {
        ReceiverBench bench;
        bench.Data(1, 0);
        for (const uint32_t number : {2U, 4U, 6U, 8U})
        {
            bench.Data(number, number);
        }
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.back(), 1, "the gap");
        NS_TEST_ASSERT_MSG_EQ(bench.lastSack.count, 3, "no room for more");
        NS_TEST_EXPECT_MSG_EQ(bench.lastSack.blocks[0].begin, 8, "the newest");
        NS_TEST_EXPECT_MSG_EQ(bench.lastSack.blocks[1].begin, 6, "the one before");
        bench.Data(10, 3);
        NS_TEST_EXPECT_MSG_EQ(bench.lastSack.blocks[0].begin, 2, "2, 3 and 4");
        NS_TEST_EXPECT_MSG_EQ(bench.lastSack.blocks[0].end, 5, "are joined");
        bench.Data(11, 3);
        NS_TEST_EXPECT_MSG_EQ(bench.lastSack.isDuplicate, true, "twice");
        NS_TEST_EXPECT_MSG_EQ(bench.lastSack.blocks[0].begin, 3, "which");
        bench.Data(12, 1);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.back(), 5, "up to the next gap");
        bench.Data(13, 5);
        bench.Data(14, 7);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.back(), 9, "all");
        NS_TEST_EXPECT_MSG_EQ(bench.lastSack.count, 0, "no gap");
        NS_TEST_EXPECT_MSG_EQ(bench.receiver.GetReceivedBytes(), 9 * 1448, "each counted once");
        NS_TEST_EXPECT_MSG_EQ((bench.lastWindow >= 45 * 1448), true, "the window has not shrunk");
    }
};

/** Of many that are out of order, three are acknowledged at once, the others together. */
class CompressionTestCase : public TestCase
{
  public:
    CompressionTestCase()
        : TestCase("compressed acknowledgements: three at once, then after 1 ms, or 44 of them")
    {
    }

  private:
    void DoRun() override
    {
        ReceiverBench bench;
        bench.options.receiveBuffer = bench.options.firstReceiveBuffer; // No window growth
        for (uint32_t number = 0; number < 24; ++number)
        {
            bench.Data(1 + number, number);
        }
        bench.At(80);
        bench.numbers.clear();
        for (uint32_t count = 0; count < 10; ++count)
        {
            bench.Data(100 + 0.05 * count, 25 + count);
        }
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 3, "three duplicates");
        bench.At(101.1);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 3, "1 ms after the fourth");
        bench.At(101.2);
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 4, "all seven together");
        for (uint32_t count = 0; count < 44; ++count)
        {
            NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 4, "fewer than 44");
            bench.Data(102 + 0.01 * count, 35 + count);
        }
        NS_TEST_EXPECT_MSG_EQ(bench.numbers.size(), 5, "44 at once");
    }
};

/** Timers: whole ticks and one more, in larger steps the longer they are. */
class TicksTestCase : public TestCase
{
  public:
    TicksTestCase()
        : TestCase("timers expire with the ticks of Linux's timer wheel, and never early")
    {
    }

  private:
    void DoRun() override
    {
        const PacketTicks ticks;
        NS_TEST_EXPECT_MSG_EQ(ticks.GetExpiry(0, 40 * MS), 44 * MS, "ten ticks and one");
        NS_TEST_EXPECT_MSG_EQ(ticks.GetExpiry(7 * MS, 4 * MS), 12 * MS, "from the tick before");
        NS_TEST_EXPECT_MSG_EQ(ticks.GetExpiry(0, 4 * MS + 1), 12 * MS, "rounded up");
        NS_TEST_EXPECT_MSG_EQ(ticks.GetExpiry(0, 248 * MS), 252 * MS, "62");
        NS_TEST_EXPECT_MSG_EQ(ticks.GetExpiry(4 * MS, 252 * MS), 288 * MS, "from 63 on by 8");
        NS_TEST_EXPECT_MSG_EQ(ticks.GetExpiry(0, 1000 * MS), 1024 * MS, "a SYN");
        NS_TEST_EXPECT_MSG_EQ(ticks.GetExpiry(0, 2016 * MS), 2048 * MS, "from 504 on by 64");
        NS_TEST_EXPECT_MSG_EQ(PacketTicks(MS).GetExpiry(0, 4 * MS), 7 * MS, "another phase");
        for (int64_t delay = 1; delay < 120'000'000'000; delay += delay / 3 + 1)
        {
            const int64_t late = ticks.GetExpiry(MS, delay) - MS - delay;
            const int64_t most = std::max(delay / 7, 2 * PacketTicks::LENGTH);
            NS_TEST_EXPECT_MSG_EQ((late >= 0 && late <= most), true, delay << ": " << late);
        }
    }
};

/** The worked example of RFC 6937, section 4: 20 segments, one lost, the window falls to 10. */
class RateReductionTestCase : public TestCase
{
  public:
    RateReductionTestCase()
        : TestCase("proportional rate reduction: one segment for every second one that arrives")
    {
    }

  private:
    void DoRun() override
    {
        PacketRateReduction reduction;
        reduction.Begin(20);
        // The first of 20 is lost, and sent again; the other 19 arrive one by one.
        uint32_t inFlight = 20 - 1 - 3;
        uint32_t sent = 0;
        uint32_t window = reduction.Reduce({3, 1, false}, inFlight, 10);
        NS_TEST_EXPECT_MSG_EQ(window, inFlight + 2, "ceil(3 / 2)");
        for (uint32_t arrived = 3;; ++arrived)
        {
            while (inFlight < window)
            {
                ++inFlight;
                ++sent;
                reduction.NoteSent(1);
            }
            if (arrived == 19)
            {
                break;
            }
            --inFlight;
            window = reduction.Reduce({1, 0, false}, inFlight, 10);
        }
        NS_TEST_EXPECT_MSG_EQ(sent, 10, "half of what arrived, rounded up");
        NS_TEST_EXPECT_MSG_EQ(inFlight, 10, "the threshold");
    }
};

/** Queues: what they hold, whom they serve, what they drop. */
class QueueTestCase : public TestCase
{
  public:
    QueueTestCase()
        : TestCase("queues: drop-tail by packets and bytes, FqCoDel in turn, CoDel's first drops")
    {
    }

  private:
    /**
     * A packet of 1500 bytes.
     * @param flow its flow
     * @return the packet
     */
    uint32_t Make(uint32_t flow)
    {
        const uint32_t packet = m_pool.Allocate();
        m_pool[packet] = PacketSegment{};
        m_pool[packet].kind = PacketSegment::Kind::DATA;
        m_pool[packet].size = 1500;
        m_pool[packet].flow = flow;
        return packet;
    }

    void DoRun() override
    {
        LinkQueue settings;
        settings.size = 2;
        std::vector<uint32_t> dropped;
        PacketQueue packets;
        packets.Configure(settings, DataRate("1Mbps"));
        settings.unit = LinkQueue::Unit::NANOSECONDS;
        settings.size = 30 * MS; // 3750 bytes at 1 Mbps: two packets
        PacketQueue bytes;
        bytes.Configure(settings, DataRate("1Mbps"));
        for (uint32_t count = 0; count < 3; ++count)
        {
            packets.Enqueue(m_pool, Make(0), 0, dropped);
            bytes.Enqueue(m_pool, Make(0), 0, dropped);
        }
        NS_TEST_EXPECT_MSG_EQ(packets.GetNPackets(), 2, "two packets");
        NS_TEST_EXPECT_MSG_EQ(bytes.GetNPackets(), 2, "30 ms");
        NS_TEST_EXPECT_MSG_EQ(dropped.size(), 2, "the third of each");
        dropped.clear();

        settings = LinkQueue();
        settings.discipline = LinkQueue::Discipline::FQ_CODEL;
        settings.size = LinkQueue::FQ_CODEL_PACKETS;
        PacketQueue fair;
        fair.Configure(settings, DataRate("10Mbps"));
        for (uint32_t count = 0; count < 10; ++count)
        {
            fair.Enqueue(m_pool, Make(0), 0, dropped);
        }
        fair.Enqueue(m_pool, Make(2), 0, dropped);
        NS_TEST_EXPECT_MSG_EQ(m_pool[fair.Dequeue(m_pool, 0, dropped)].flow, 0, "who came first");
        NS_TEST_EXPECT_MSG_EQ(m_pool[fair.Dequeue(m_pool, 0, dropped)].flow, 2, "who came last");
        NS_TEST_EXPECT_MSG_EQ(m_pool[fair.Dequeue(m_pool, 0, dropped)].flow, 0, "in turn");
        NS_TEST_EXPECT_MSG_EQ(dropped.size(), 0, "nothing");

        settings.discipline = LinkQueue::Discipline::CODEL;
        PacketQueue codel;
        codel.Configure(settings, DataRate("10Mbps"));
        std::vector<int64_t> drops;
        for (uint32_t count = 0; count < 1000; ++count)
        {
            codel.Enqueue(m_pool, Make(0), 0, dropped);
        }
        // All came at time 0 and one leaves each ms: waits are too long from 5 ms on, and have been
        // for an interval at 105 ms; then 100 / sqrt(2) ms later, and so on [RFC 8289, 5.3].
        for (int64_t ms = 1; ms < 400; ++ms)
        {
            const std::size_t before = dropped.size();
            codel.Dequeue(m_pool, ms * MS, dropped);
            for (std::size_t count = before; count < dropped.size(); ++count)
            {
                drops.push_back(ms);
            }
        }
        const std::vector<int64_t> expected{106, 206, 277, 335, 385};
        NS_TEST_EXPECT_MSG_EQ((drops == expected), true, "control law");
    }

    PacketPool m_pool; //!< Where packets live
};

/** The tests of the parts of the packet-level transport. */
class PacketPartsTestSuite : public TestSuite
{
  public:
    PacketPartsTestSuite()
        : TestSuite("murmuration-packet-parts")
    {
        AddTestCase(new EventHeapTestCase);
        AddTestCase(new DelayedAckTestCase);
        AddTestCase(new SackTestCase);
        AddTestCase(new CompressionTestCase);
        AddTestCase(new TicksTestCase);
        AddTestCase(new WindowTestCase);
        AddTestCase(new RateReductionTestCase);
        AddTestCase(new QueueTestCase);
    }
};

PacketPartsTestSuite g_packetPartsTestSuite; //!< Registers the suite

} // namespace
