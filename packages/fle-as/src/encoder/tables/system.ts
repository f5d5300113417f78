// The instructions of operating systems and hypervisors, and those that save the processor's state.

/** System instructions. */
export const systemTable = `
sysret - - 0f07 lq guess
sysenter - - 0f34
sysexit - - 0f35 lq guess
hlt - - f4
cli - - fa
sti - - fb
clts - - 0f06
rdpmc - - 0f33
rdmsr - - 0f32
wrmsr - - 0f30
invd - - 0f08
wbinvd - - 0f09
wbnoinvd - - f30f09
rsm - - 0faa
swapgs - - 0f01f8
monitor - - 0f01c8 same;=rax,=ecx,=edx --- 0f01c8 same;=rax,=rcx,=rdx --- 0f01c8 same;=eax,=ecx,=edx --- 0f01c8 same a32;=eax,=rcx,=rdx --- 0f01c8 same a32
mwait - - 0f01c9 same;=eax,=ecx -- 0f01c9 same;=rax,=rcx -- 0f01c9 same
monitorx - - 0f01fa same;=rax,=ecx,=edx --- 0f01fa same;=rax,=rcx,=rdx --- 0f01fa same;=eax,=ecx,=edx --- 0f01fa same a32;=eax,=rcx,=rdx --- 0f01fa same a32
mwaitx - - 0f01fb same;=eax,=ecx,=ebx --- 0f01fb same;=rax,=rcx,=rbx --- 0f01fb same
clac - - 0f01ca
stac - - 0f01cb
encls - - 0f01cf
enclu - - 0f01d7
enclv - - 0f01c0
xgetbv - - 0f01d0
xsetbv - - 0f01d1
vmcall - - 0f01c1
vmlaunch - - 0f01c2
vmresume - - 0f01c3
vmxoff - - 0f01c4
vmfunc - - 0f01d4
vmptrld m M 0fc7/6
vmptrst m M 0fc7/7
vmclear m M 660fc7/6
vmxon m M f30fc7/6
vmread rm64,r64 MR 0f78
vmreadq rm64,r64 MR 0f78
vmwrite r64,rm64 RM 0f79
vmwriteq r64,rm64 RM 0f79
invept r64,m RM 660f3880
invvpid r64,m RM 660f3881
invpcid r64,m RM 660f3882
vmrun - - 0f01d8;=rax - 0f01d8;=eax - 0f01d8 a32
vmmcall - - 0f01d9
vmgexit - - f30f01d9
vmload - - 0f01da;=rax - 0f01da;=eax - 0f01da a32
vmsave - - 0f01db;=rax - 0f01db;=eax - 0f01db a32
stgi - - 0f01dc
clgi - - 0f01dd
skinit - - 0f01de;=eax - 0f01de
invlpga - - 0f01df same;=rax,=ecx -- 0f01df same;=eax,=ecx -- 0f01df same a32
clzero - - 0f01fc;=rax - 0f01fc;=eax - 0f01fc a32
rdpru - - 0f01fd
mcommit - - f30f01fa
invlpgb - - 0f01fe same;=rax,=ecx,=edx --- 0f01fe same;=eax,=ecx,=edx --- 0f01fe same a32
tlbsync - - 0f01ff
psmash - - f30f01ff
pvalidate - - f20f01ff same;=rax,=ecx,=edx --- f20f01ff same;=eax,=ecx,=edx --- f20f01ff same a32
rmpadjust - - f30f01fe same;=rax,=rcx,=rdx --- f30f01fe same;=eax,=rcx,=rdx --- f30f01fe same a32
rmpupdate - - f20f01fe same;=rax,=rcx -- f20f01fe same;=eax,=rcx -- f20f01fe same a32
rmpquery - - f30f01fd same;=rax,=rcx,=rdx --- f30f01fd same;=eax,=rcx,=rdx --- f30f01fd same a32
rdpkru - - 0f01ee
wrpkru - - 0f01ef
tdcall - - 660f01cc
seamret - - 660f01cd
seamops - - 660f01ce
seamcall - - 660f01cf
xstorerng/xstore - - 0fa7c0 rep
xcryptecb - - f30fa7c8 rep
xcryptcbc - - f30fa7d0 rep
xcryptctr - - f30fa7d8 rep
xcryptcfb - - f30fa7e0 rep
xcryptofb - - f30fa7e8 rep
montmul - - f30fa6c0 rep
xsha1 - - f30fa6c8 rep
xsha256 - - f30fa6d0 rep
pconfig - - 0f01c5
getsec - - 0f37
hreset i8 I f30f3af0c0
wrmsrns - - 0f01c6
rdmsrlist - - f20f01c6
wrmsrlist - - f30f01c6
uiret - - f30f01ec
testui - - f30f01ed
clui - - f30f01ee
stui - - f30f01ef
senduipi r64 M f30fc7/6
xsusldtrk - - f20f01e8
xresldtrk - - f20f01e9
sgdt/sgdtq m M 0f01/0
sidt/sidtq m M 0f01/1
lgdt/lgdtq m M 0f01/2
lidt/lidtq m M 0f01/3
invlpg m M 0f01/7
smsw r M 0f01/4 wlq;m M 0f01/4
smsww m M 0f01/4
lmsw r16/m M 0f01/6
lmsww r16/m M 0f01/6
sldt r M 0f00/0 wl;r M 0f00/0 q nosize;m M 0f00/0
sldtw m M 0f00/0
str r M 0f00/1 wl;r M 0f00/1 q nosize;m M 0f00/1
strw m M 0f00/1
lldt r16/m M 0f00/2
lldtw r16/m M 0f00/2
ltr r16/m M 0f00/3
ltrw r16/m M 0f00/3
verr r16/m M 0f00/4
verrw r16/m M 0f00/4
verw r16/m M 0f00/5
verww r16/m M 0f00/5
lar r,r RM 0f02 wlq;r,r16/m16 RM 0f02 wlq
lsl r,r RM 0f03 wlq;r,r16/m16 RM 0f03 wlq
lfs r,m RM 0fb4 wl
lgs r,m RM 0fb5 wl
lss r,m RM 0fb2 wl
enqcmd r64,m RM f20f38f8;r32,m RM f20f38f8 a32
enqcmds r64,m RM f30f38f8;r32,m RM f30f38f8 a32
fxsave m M 0fae/0
fxsave64/fxsaveq m M W0fae/0
fxrstor m M 0fae/1
fxrstor64/fxrstorq m M W0fae/1
ldmxcsr m M 0fae/2
stmxcsr m M 0fae/3
xsave m M 0fae/4
xsave64/xsaveq m M W0fae/4
xrstor m M 0fae/5
xrstor64/xrstorq m M W0fae/5
xsaveopt m M 0fae/6
xsaveopt64/xsaveoptq m M W0fae/6
xsavec m M 0fc7/4
xsavec64 m M W0fc7/4
xsaves m M 0fc7/5
xsaves64 m M W0fc7/5
xrstors m M 0fc7/3
xrstors64 m M W0fc7/3
rdfsbase r M f30fae/0 lq plain
rdgsbase r M f30fae/1 lq plain
wrfsbase r M f30fae/2 lq plain
wrgsbase r M f30fae/3 lq plain
rdpid r64 M f30fc7/7
incsspd r32 M f30fae/5
incsspq r64 M Wf30fae/5
rdsspd r32 M f30f1e/1
rdsspq r64 M Wf30f1e/1
saveprevssp - - f30f01ea
rstorssp m M f30f01/5
wrssd m,r32 MR 0f38f6
wrssq m,r64 MR W0f38f6
wrussd m,r32 MR 660f38f5
wrussq m,r64 MR W660f38f5
setssbsy - - f30f01e8
clrssbsy m M f30fae/6
umonitor r64 M f30fae/6;r32 M f30fae/6 a32
umwait r32 M f20fae/6 same;r32,=edx,=eax M-- f20fae/6 same
tpause r32 M 660fae/6 same;r32,=edx,=eax M-- 660fae/6 same
llwpcb r M xop.lz.np.m9.w.12/0 lq plain
slwpcb r M xop.lz.np.m9.w.12/1 lq plain
lwpins r,rm32,i VMI xop.lz.np.ma.w.12/0 lq plain
lwpval r,rm32,i VMI xop.lz.np.ma.w.12/1 lq plain
bndmov bnd,bnd/m RM 660f1a;bnd/m,bnd MR 660f1b
bndcl bnd,r64/m RM f30f1a
bndcu bnd,r64/m RM f20f1a
bndcn bnd,r64/m RM f20f1b
bndmk bnd,m RM f30f1b
bndldx bnd,m RM 0f1a
bndstx m,bnd MR 0f1b
`
