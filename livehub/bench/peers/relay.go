// A small relay on Pion, the library under LiveKit: one publisher by WHIP, any number of viewers by WHEP. It is the
// benchmark's peer, written to be as quick as the library allows: one UDP port for all (as an SFU has), ICE-lite,
// AES-128-GCM first, the interceptors that answer NACK and send reports, and packets handed on as they come.
//
// usage: relay ADDRESS HTTP_PORT UDP_PORT
package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"

	"github.com/pion/dtls/v2"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
)

const bufferBytes = 16 << 20

type relay struct {
	api   *webrtc.API
	track *webrtc.TrackLocalStaticRTP
	mutex sync.Mutex
	peers []*webrtc.PeerConnection
}

func main() {
	address, httpPort := os.Args[1], os.Args[2]
	udpPort, err := strconv.Atoi(os.Args[3])
	check(err)
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(address), Port: udpPort})
	check(err)
	check(socket.SetReadBuffer(bufferBytes))
	check(socket.SetWriteBuffer(bufferBytes))

	settings := webrtc.SettingEngine{}
	settings.SetLite(true)
	settings.SetICEUDPMux(webrtc.NewICEUDPMux(nil, socket))
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)

	media := &webrtc.MediaEngine{}
	codec := webrtc.RTPCodecCapability{
		MimeType:     webrtc.MimeTypeH264,
		ClockRate:    90000,
		SDPFmtpLine:  "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}
	check(media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: codec, PayloadType: 108}, webrtc.RTPCodecTypeVideo))
	interceptors := &interceptor.Registry{}
	check(webrtc.ConfigureNack(media, interceptors))
	check(webrtc.ConfigureRTCPReports(interceptors))

	track, err := webrtc.NewTrackLocalStaticRTP(codec, "video", "show")
	check(err)
	made := &relay{
		api: webrtc.NewAPI(
			webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors)),
		track: track,
	}
	http.HandleFunc("/whip", made.whip)
	http.HandleFunc("/whep", made.whep)
	log.Fatal(http.ListenAndServe(net.JoinHostPort(address, httpPort), nil))
}

func (r *relay) whip(response http.ResponseWriter, request *http.Request) {
	r.answer(response, request, func(peer *webrtc.PeerConnection) error {
		peer.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
			for {
				packet, _, err := remote.ReadRTP()
				if err != nil {
					return
				}
				if err := r.track.WriteRTP(packet); err != nil && err != io.ErrClosedPipe {
					log.Print(err)
				}
			}
		})
		return nil
	})
}

func (r *relay) whep(response http.ResponseWriter, request *http.Request) {
	r.answer(response, request, func(peer *webrtc.PeerConnection) error {
		sender, err := peer.AddTrack(r.track)
		if err != nil {
			return err
		}
		go func() { // reading is what runs the interceptors
			buffer := make([]byte, 1500)
			for {
				if _, _, err := sender.Read(buffer); err != nil {
					return
				}
			}
		}()
		return nil
	})
}

func (r *relay) answer(response http.ResponseWriter, request *http.Request, prepare func(*webrtc.PeerConnection) error) {
	offer, err := io.ReadAll(io.LimitReader(request.Body, 64<<10))
	if err == nil {
		var answer string
		if answer, err = r.negotiate(string(offer), prepare); err == nil {
			response.Header().Set("Content-Type", "application/sdp")
			response.WriteHeader(http.StatusCreated)
			_, err = io.WriteString(response, answer)
		}
	}
	if err != nil {
		log.Print(err)
		http.Error(response, err.Error(), http.StatusUnprocessableEntity)
	}
}

func (r *relay) negotiate(offer string, prepare func(*webrtc.PeerConnection) error) (string, error) {
	peer, err := r.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	r.mutex.Lock()
	r.peers = append(r.peers, peer)
	r.mutex.Unlock()
	if err := prepare(peer); err != nil {
		return "", err
	}
	if err := peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	answer, err := peer.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err := peer.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return peer.LocalDescription().SDP, nil
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
