/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/boolean.h"
#include "ns3/error-model.h"
#include "ns3/inet-socket-address.h"
#include "ns3/lean-tcp-socket.h"
#include "ns3/linux-cubic.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/tcp-cubic.h"
#include "ns3/tcp-demux.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/tcp-linux-reno.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"
#include "ns3/wan-helper.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::MakeWan;

namespace
{

/** One segment that a sender has sent or received: time, sequence and acknowledgement number. */
typedef std::tuple<int64_t, uint32_t, uint32_t> Segment;

/** @brief One TCP transfer over a WanUnderlay, and every segment at its sending end. */
class Transfer
{
  public:
    /** What the sockets are. */
    enum Kind
    {
        BASE,    //!< ns-3's, made by its factory and found by its demultiplexer
        LEAN,    //!< Ours, with what is Linux's turned off
        CORRECT, //!< Ours as it is
    };

    /** What happens on the way. */
    struct Path
    {
        std::vector<uint32_t> lost; //!< Packets that do not arrive at the receiver, by number
        Time stall;                 //!< Both links of the receiver are down for so long, from 0.5 s
        uint32_t bytes{2'000'000};  //!< What is sent
    };

    /**
     * @brief Run a transfer to its end.
     * @param kind what the sockets are
     * @param congestionControl who sets the window
     * @param path what happens
     */
    Transfer(Kind kind, TypeId congestionControl, const Path& path)
        : m_kind(kind),
          m_congestionControl(congestionControl),
          m_left(path.bytes)
    {
        const Ptr<WanUnderlay> wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        const NodeContainer nodes = WanHelper().CreateNodes(wan);
        if (kind != BASE)
        {
            TcpDemux::InstallOn(nodes.Get(0));
            TcpDemux::InstallOn(nodes.Get(1));
        }
        const auto device = nodes.Get(1)->GetDevice(nodes.Get(1)->GetNDevices() - 1);
        const auto losses = CreateObject<ReceiveListErrorModel>();
        losses->SetList({path.lost.begin(), path.lost.end()});
        device->SetAttribute("ReceiveErrorModel", PointerValue(losses));
        const Ptr<Socket> listener = MakeSocket(nodes.Get(1));
        listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), 80));
        listener->Listen();
        listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                                    MakeCallback(&Transfer::Accept, this));
        const Ptr<Socket> sender = MakeSocket(nodes.Get(0));
        sender->TraceConnectWithoutContext("Tx", MakeCallback(&Transfer::Log, this));
        sender->TraceConnectWithoutContext("Rx", MakeCallback(&Transfer::Log, this));
        sender->SetConnectCallback(MakeCallback(&Transfer::Connected, this),
                                   MakeNullCallback<void, Ptr<Socket>>());
        sender->SetSendCallback(MakeCallback(&Transfer::Write, this));
        sender->Connect(InetSocketAddress(WanHelper::GetAddress(1), 80));
        if (path.stall.IsStrictlyPositive())
        {
            // Nothing is lost: what waits goes on later.
            Simulator::Schedule(Seconds(0.5), &Transfer::SetUp, this, wan, false);
            Simulator::Schedule(Seconds(0.5) + path.stall, &Transfer::SetUp, this, wan, true);
        }
        Simulator::Run();
        if (const auto lean = DynamicCast<LeanTcpSocket>(sender))
        {
            retransmissions = lean->GetNRetransmissions();
            timeouts = lean->GetNTimeouts();
        }
        m_accepted = nullptr;
        Simulator::Destroy();
    }

    std::vector<Segment> segments; //!< All of them
    Time arrived;                  //!< When the last byte had arrived
    uint64_t received{0};          //!< Bytes that have arrived
    uint64_t retransmissions{0};   //!< Segments that were sent again
    uint64_t timeouts{0};          //!< How often the timer has expired

  private:
    Ptr<Socket> MakeSocket(Ptr<Node> node) const
    {
        Ptr<TcpSocketBase> socket;
        if (m_kind == BASE)
        {
            socket = DynamicCast<TcpSocketBase>(
                node->GetObject<TcpL4Protocol>()->CreateSocket(m_congestionControl));
        }
        else
        {
            socket = LeanTcpSocket::CreateOn(node, m_congestionControl);
        }
        if (m_kind == LEAN)
        {
            socket->SetAttribute("UndoTimeouts", BooleanValue(false));
            socket->SetAttribute("RestartAfterIdle", BooleanValue(false));
            socket->SetAttribute("QuickAcks", UintegerValue(0));
        }
        socket->SetAttribute("SegmentSize", UintegerValue(1448));
        socket->SetAttribute("SndBufSize", UintegerValue(1 << 20));
        socket->SetAttribute("RcvBufSize", UintegerValue(1 << 20));
        socket->SetAttribute("MinRto", StringValue("200ms"));
        socket->SetAttribute("ClockGranularity", StringValue("200ms"));
        return socket;
    }

    void SetUp(Ptr<WanUnderlay> wan, bool isUp)
    {
        for (const uint32_t link : {WanUnderlay::GetUplink(1), WanUnderlay::GetDownlink(1)})
        {
            Underlay::Link state = wan->GetLink(link);
            state.isUp = isUp;
            wan->SetLink(link, state);
        }
    }

    void Connected(Ptr<Socket> socket)
    {
        Write(socket, socket->GetTxAvailable());
    }

    void Write(Ptr<Socket> socket, uint32_t /* room */)
    {
        const uint32_t size = std::min(m_left, socket->GetTxAvailable());
        if (size > 0 && socket->Send(ns3::Create<Packet>(size)) >= 0)
        {
            m_left -= size;
        }
    }

    void Accept(Ptr<Socket> socket, const Address& /* peer */)
    {
        m_accepted = socket;
        socket->SetRecvCallback(MakeCallback(&Transfer::Read, this));
    }

    void Read(Ptr<Socket> socket)
    {
        while (const Ptr<Packet> packet = socket->Recv())
        {
            if (packet->GetSize() == 0)
            {
                break;
            }
            received += packet->GetSize();
            arrived = Simulator::Now();
        }
    }

    void Log(Ptr<const Packet> /* packet */,
             const TcpHeader& header,
             Ptr<const TcpSocketBase> /* socket */)
    {
        segments.emplace_back(Simulator::Now().GetNanoSeconds(),
                              header.GetSequenceNumber().GetValue(),
                              header.GetAckNumber().GetValue());
    }

    Kind m_kind;
    TypeId m_congestionControl;
    uint32_t m_left;
    Ptr<Socket> m_accepted;
};

/** With everything of Linux's off, every segment is that of TcpSocketBase, to the nanosecond. */
class LeanAsBaseTestCase : public TestCase
{
  public:
    LeanAsBaseTestCase()
        : TestCase("the lean socket sends what ns-3's does, when it does")
    {
    }

  private:
    void DoRun() override
    {
        const std::vector<Transfer::Path> paths = {
            {{}, Time(0)},
            {{30}, Time(0)},                                // fast recovery
            {{30, 31, 32, 33, 60, 200, 201, 900}, Time(0)}, // several losses in a window
            {{1383, 1384}, Time(0)},                        // the tail: a timeout
            {{}, Seconds(3)},                               // timeouts while nothing is lost
            {{2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, Time(0)},    // the first window
        };
        for (const TypeId& control : {TcpCubic::GetTypeId(), TcpLinuxReno::GetTypeId()})
        {
            for (const Transfer::Path& path : paths)
            {
                const Transfer base(Transfer::BASE, control, path);
                const Transfer lean(Transfer::LEAN, control, path);
                NS_TEST_EXPECT_MSG_EQ(base.received, path.bytes, "all arrived");
                NS_TEST_EXPECT_MSG_EQ(base.arrived, lean.arrived, "at the same time");
                NS_TEST_EXPECT_MSG_EQ((base.segments == lean.segments),
                                      true,
                                      control.GetName()
                                          << ": " << base.segments.size() << " segments");
            }
        }
    }
};

/** Links that stand still lose nothing; TCP finds that out from one segment sent twice. */
class SpuriousTimeoutTestCase : public TestCase
{
  public:
    SpuriousTimeoutTestCase()
        : TestCase("a timeout is undone where nothing was lost")
    {
    }

  private:
    void DoRun() override
    {
        const Transfer::Path path{{}, Seconds(3)};
        const TypeId cubic = LinuxCubic::GetTypeId();
        const Transfer whole(Transfer::CORRECT, cubic, {{}, Time(0)});
        const Transfer stalled(Transfer::CORRECT, cubic, path);
        const Transfer base(Transfer::LEAN, cubic, path);
        NS_TEST_EXPECT_MSG_EQ(stalled.received, path.bytes, "all arrived");
        NS_TEST_EXPECT_MSG_EQ(whole.timeouts, 0, "without a stall there is no timeout");
        // From 0.5 s on: after about 0.3 s, 0.9 s and 2.1 s
        NS_TEST_EXPECT_MSG_EQ(stalled.timeouts, 3, "exponential backoff");
        NS_TEST_EXPECT_MSG_EQ(stalled.retransmissions, stalled.timeouts, "one segment for each");
        NS_TEST_EXPECT_MSG_EQ_TOL(stalled.arrived.GetSeconds(),
                                  whole.arrived.GetSeconds() + 3,
                                  0.02,
                                  "the links are busy from the first moment on");
        NS_TEST_EXPECT_MSG_GT(base.retransmissions, 50, "TcpSocketBase sends it all again");
        NS_TEST_EXPECT_MSG_GT(base.arrived, stalled.arrived, "which takes time");
        // Linux's timer, which a probe of the tail puts off by two round-trip times, does not
        // expire in 0.4 s, and slow start goes on otherwise; in 3 s it does as well.
        const Time slowStart = Seconds(0.31);
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful(slowStart, Seconds(0.1)), 0, "no timeout");
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful(slowStart, Seconds(0.4)), 1, "one that is ns-3's");
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful(slowStart, Seconds(3)), 0, "as Linux would have it");
        NS_TEST_EXPECT_MSG_EQ(CountDoubtful(Seconds(1), Seconds(0.4)), 0, "all is given back");
    }

    /**
     * Send a message over links that stand still for a while.
     * @param begin since when
     * @param stall for how long
     * @return messages in doubt
     */
    static uint64_t CountDoubtful(Time begin, Time stall)
    {
        const Ptr<WanUnderlay> wan = MakeWan(2, "20Mbps", "20Mbps", MilliSeconds(50));
        const auto transport = TransportHelper::Create("tcp", wan);
        const auto setUp = [wan](bool isUp) {
            Underlay::Link state = wan->GetLink(WanUnderlay::GetDownlink(1));
            state.isUp = isUp;
            wan->SetLink(WanUnderlay::GetDownlink(1), state);
        };
        transport->Send(0, 1, 4'000'000);
        Simulator::Schedule(begin, [setUp] { setUp(false); });
        Simulator::Schedule(begin + stall, [setUp] { setUp(true); });
        Simulator::Run();
        const DoubtsByReason doubts = transport->GetDoubts();
        const uint64_t doubtful = doubts.empty() ? 0 : doubts.at("early_timeout");
        Simulator::Destroy();
        return doubtful;
    }
};

/** What was lost at a timeout is sent again, as TcpSocketBase does. */
class RealTimeoutTestCase : public TestCase
{
  public:
    RealTimeoutTestCase()
        : TestCase("a timeout is none the less one where something was lost")
    {
    }

  private:
    void DoRun() override
    {
        // The last 3 of 1,382 segments (SYN and the ACK of the handshake come before them).
        const Transfer tail(Transfer::CORRECT,
                            LinuxCubic::GetTypeId(),
                            {{1381, 1382, 1383}, Time(0)});
        NS_TEST_EXPECT_MSG_EQ(tail.received, 2'000'000, "all arrived");
        NS_TEST_EXPECT_MSG_EQ(tail.timeouts, 1, "one timeout");
        NS_TEST_EXPECT_MSG_EQ(tail.retransmissions, 3, "what was lost, and no more");

        const Ptr<WanUnderlay> wan = MakeWan(2, "10Mbps", "10Mbps", MilliSeconds(20));
        const auto transport =
            DynamicCast<TcpMessageTransport>(TransportHelper::Create("tcp", wan));
        const Ptr<Node> receiver = transport->GetNodes().Get(1);
        const auto losses = CreateObject<ReceiveListErrorModel>();
        losses->SetList({11}); // the last of ten segments
        receiver->GetDevice(receiver->GetNDevices() - 1)
            ->SetAttribute("ReceiveErrorModel", PointerValue(losses));
        transport->Send(0, 1, 10 * 1448 - 20);
        Simulator::Schedule(Seconds(5), [transport] { transport->Send(0, 1, 14480); });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(transport->GetNTimeouts(), 1, "counted");
        NS_TEST_EXPECT_MSG_EQ(transport->GetNRetransmissions(), 1, "counted");
        NS_TEST_EXPECT_MSG_EQ(transport->GetNDoubtful(), 1, "the message that met it, alone");
        NS_TEST_EXPECT_MSG_EQ(transport->GetDoubts().at("timeout"), 1, "by its reason");
        Simulator::Destroy();
    }
};

/** Connections that were idle are dropped, and all goes on as before. */
class IdleConnectionTestCase : public TestCase
{
  public:
    IdleConnectionTestCase()
        : TestCase("idle connections are dropped when others are opened")
    {
    }

  private:
    void DoRun() override
    {
        const Ptr<WanUnderlay> wan = MakeWan(3, "10Mbps", "10Mbps", MilliSeconds(20));
        const Ptr<MessageTransport> transport = TransportHelper::Create("tcp", wan);
        transport->SetDeliveryCallback(MakeCallback(&IdleConnectionTestCase::Deliver, this));
        const auto send = [transport](uint32_t from, uint32_t to) {
            transport->Send(from, to, 100'000);
        };
        // A first message takes a handshake of a round trip more than a second one.
        for (const double second : {0.0, 5.0, 20.0})
        {
            Simulator::Schedule(Seconds(second), [send] { send(0, 1); });
        }
        Simulator::Schedule(Seconds(45), [send] { send(0, 2); }); // idle for less than 30 s
        Simulator::Schedule(Seconds(46), [send] { send(0, 1); });
        Simulator::Schedule(Seconds(90), [send] { send(1, 2); }); // drops both
        Simulator::Schedule(Seconds(91), [send] { send(0, 1); });
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(m_durations.size(), 7, "all arrive");
        const double first = m_durations[0];
        NS_TEST_EXPECT_MSG_LT(m_durations[2], first - 0.03, "the connection is kept");
        NS_TEST_EXPECT_MSG_LT(m_durations[4], first - 0.03, "it still is");
        NS_TEST_EXPECT_MSG_EQ_TOL(m_durations[6], first, 1e-3, "a new one");
        Simulator::Destroy();
    }

    void Deliver(const Message& message)
    {
        m_durations.push_back((Simulator::Now() - message.sent).GetSeconds());
    }

    std::vector<double> m_durations; //!< In the order of arrival
};

/** A window that was not used for long begins anew where the user wants it. */
class RestartAfterIdleTestCase : public TestCase
{
  public:
    RestartAfterIdleTestCase()
        : TestCase("the window shrinks after an idle time")
    {
    }

  private:
    /**
     * How long the second of two messages takes.
     * @param isOn whether slow start comes after idle times
     * @param pause between the two
     * @return seconds
     */
    static double Second(bool isOn, Time pause)
    {
        const Ptr<WanUnderlay> wan = MakeWan(2, "100Mbps", "100Mbps", MilliSeconds(50));
        const Ptr<MessageTransport> transport = TransportHelper::Create("tcp", wan);
        TcpSettings settings;
        settings.slowStartAfterIdle = isOn;
        transport->SetTcpSettings(settings);
        std::vector<Time> arrived;
        const auto deliver = [&arrived](const Message&) { arrived.push_back(Simulator::Now()); };
        transport->SetDeliveryCallback(
            MessageTransport::DeliveryCallback([deliver](const Message& m) { deliver(m); }));
        transport->Send(0, 1, 1'000'000);
        Simulator::Schedule(pause, [transport] { transport->Send(0, 1, 140'000); });
        Simulator::Run();
        Simulator::Destroy();
        return (arrived.at(1) - pause).GetSeconds();
    }

    void DoRun() override
    {
        // 98 segments: one flight of a large window; of the initial one 10, 20, 40, 28.
        NS_TEST_EXPECT_MSG_EQ_TOL(Second(false, Seconds(20)), 0.062, 0.005, "one flight");
        NS_TEST_EXPECT_MSG_EQ_TOL(Second(true, Seconds(20)), 0.355, 0.01, "four");
        NS_TEST_EXPECT_MSG_EQ_TOL(Second(true, Seconds(1)), 0.062, 0.005, "not idle for an RTO");
    }
};

/** The suite. */
class LeanTcpSocketTestSuite : public TestSuite
{
  public:
    LeanTcpSocketTestSuite()
        : TestSuite("murmuration-lean-tcp")
    {
        AddTestCase(new LeanAsBaseTestCase);
        AddTestCase(new SpuriousTimeoutTestCase);
        AddTestCase(new RealTimeoutTestCase);
        AddTestCase(new IdleConnectionTestCase);
        AddTestCase(new RestartAfterIdleTestCase);
    }
};

LeanTcpSocketTestSuite g_leanTcpSocketTestSuite; //!< Registers the suite

} // namespace
